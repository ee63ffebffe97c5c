"""Simulates a workload: golden computes its activations, the cycle model times them."""

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np

from golden.difference.layer_step import LayerInput, LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.threads import Threads
from golden.workload.run import Run
from golden.workload.trace import Trace
from golden.workload.workload import Workload
from sim.run.layer import LayerCycles, layer_cycles

ELEMENTS_FOR_THREADS = 1 << 19
"""Of a layer's first operand; timing fewer takes less than it takes to wake threads"""

Timing = Callable[[LayerInput, Mode, MachineConfig], LayerCycles]


@dataclass
class Simulation:
    """Cycles of every layer, step and mode of a sampling run."""

    config: MachineConfig
    modes: Sequence[Mode]
    cycles: dict[tuple[Mode, str, int], LayerCycles] = field(default_factory=dict)
    """By mode, layer and step; layers in execution order."""
    threads: int | None = None
    """Modes timed at once; as many as there are cores if None."""
    timing: Timing = layer_cycles
    """What times a layer step in a mode: the tiles alone, or :mod:`sim.run.memory_timing`."""

    def observe(self, layer_step: LayerInput, pool: Threads | None = None) -> None:
        """Times one layer step in all modes, on ``pool`` if it is worth it; an observer of a run.

        Threads do, for the kernels release the interpreter lock.
        """
        threaded = pool is not None and layer_step.operands.first.size >= ELEMENTS_FOR_THREADS
        each = pool.map if pool and threaded else map
        timed = each(lambda mode: self.timing(layer_step, mode, self.config), self.modes)
        for mode, cycles in zip(self.modes, timed, strict=True):
            self.cycles[mode, layer_step.layer.name, layer_step.step] = cycles

    def layer_total(self, mode: Mode, layer: str) -> LayerCycles:
        """One layer over all steps."""
        return self._sum(lambda m, name, _: m is mode and name == layer)

    def step_total(self, mode: Mode, step: int) -> LayerCycles:
        """One step over all layers."""
        return self._sum(lambda m, _, number: m is mode and number == step)

    def total(self, mode: Mode) -> LayerCycles:
        """The whole run in one mode."""
        return self._sum(lambda m, _name, _step: m is mode)

    def layers(self) -> list[str]:
        """Names of the layers, in execution order."""
        return list(dict.fromkeys(name for _, name, _ in self.cycles))

    def _sum(self, wanted: Callable[[Mode, str, int], bool]) -> LayerCycles:
        return sum((value for key, value in self.cycles.items() if wanted(*key)), LayerCycles())


def simulate(
    workload: Workload,
    simulation: Simulation,
    *,
    steps: int | None = None,
    images: int = 1,
    seed: int = 0,
    progress: Callable[[LayerStep], None] = lambda _: None,
) -> np.ndarray:
    """Samples ``images`` images, with ``simulation`` timing every layer at every step.

    Returns the images, float32 (images, height, width, channels). ``progress`` is called after
    each layer step.
    """
    run = Run.of(workload, steps, images=images, seed=seed)
    with _pool(simulation) as pool:

        def observe(layer_step: LayerStep) -> None:
            simulation.observe(layer_step, pool)
            progress(layer_step)

        return run.observe(observe)


def simulate_trace(
    trace: Trace,
    simulation: Simulation,
    *,
    steps: int | None = None,
    progress: Callable[[LayerInput], None] = lambda _: None,
) -> None:
    """Times the first ``steps`` steps of a trace; else like :func:`simulate`."""
    with _pool(simulation) as pool:
        for layer_input in trace.layer_inputs(steps):
            simulation.observe(layer_input, pool)
            progress(layer_input)


def _pool(simulation: Simulation) -> AbstractContextManager[Threads | None]:
    """Threads for a whole run, or none where there is one mode or one thread."""
    threads = min(simulation.threads or os.cpu_count() or 1, len(simulation.modes))
    return Threads(threads) if threads > 1 else nullcontext()
