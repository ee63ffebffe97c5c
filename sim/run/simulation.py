"""Simulates a workload: golden computes its activations, the cycle model times them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from golden.difference.layer_step import LayerInput, LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.workload.trace import Trace
from golden.workload.workload import Workload
from sim.run.layer import LayerCycles, layer_cycles

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

    def observe(self, layer_step: LayerInput) -> None:
        """Times one layer step in all modes; an observer of a sampling run."""
        # The kernels release the interpreter lock, so threads use all cores.
        with ThreadPoolExecutor(self.threads) as pool:
            timed = pool.map(lambda mode: self.timing(layer_step, mode, self.config), self.modes)
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

    def observe(layer_step: LayerStep) -> None:
        simulation.observe(layer_step)
        progress(layer_step)

    return workload.sample(Mode.ACT, workload.noise(images, seed), steps, observe)


def simulate_trace(
    trace: Trace,
    simulation: Simulation,
    *,
    steps: int | None = None,
    progress: Callable[[LayerInput], None] = lambda _: None,
) -> None:
    """Times the first ``steps`` steps of a trace; else like :func:`simulate`."""
    for layer_input in trace.layer_inputs(steps):
        simulation.observe(layer_input)
        progress(layer_input)
