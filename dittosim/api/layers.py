"""Cycles of layers on their own, from memory to memory or on the tiles alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dittosim.api.choices import each_chosen
from dittosim.api.workloads import Source, load_workload
from dittosim.cycles import layers as cycles
from dittosim.machines import Config, config_name, machine_of
from dittosim.results import Result
from golden.accelerator.workload_layers import source_shapes
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.wording import number_of
from golden.workload.run import Run
from golden.workload.trace import Trace, is_trace, load_trace
from golden.workload.workload import Workload
from sim.run.memory_timing import MemoryTiming
from sim.run.simulation import Simulation as LayerTimes

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dittosim.drawing import Figure

LAYERS, TILES = "layers", "tiles"
TIMED = {
    LAYERS: "each layer alone, from memory to memory",
    TILES: "the tiles alone, without memory",
}
"""What is timed, in words"""


@dataclass(frozen=True, eq=False)
class LayerSimulation(Result):
    """What each layer costs on its own in each mode, over the steps of a run or of a trace."""

    workload: str
    """Its name"""
    config: MachineConfig
    config_name: str
    scope: str
    """``layers`` from memory to memory, or ``tiles`` alone"""
    steps: int
    images: int
    seed: int
    simulation: LayerTimes
    """Cycles by mode, layer and step"""
    steps_of_trace: int | None = None
    """Of all that a trace has"""

    @property
    def cycles(self) -> dict[str, float]:
        """Of all layers and steps, by mode."""
        return {mode.value: self.simulation.total(mode).cycles for mode in self.simulation.modes}

    def to_dict(self) -> dict[str, Any]:
        """All figures of ``dittosim simulate --scope layers --json``, or tiles."""
        found = cycles.figures(self.simulation, self.workload, self.steps, self.images, self.seed)
        return {"workload": self.workload, "scope": self.scope, **found}

    def records(self) -> list[dict[str, Any]]:
        """A row for each mode, layer and step.

        ``cycles``, by cause too; ``bound``, what slots over lanes would take, and ``dense``, the
        same multipliers on all 8-bit activations, zeros included.
        """
        return [
            {
                "mode": mode.value,
                "layer": layer,
                "step": step,
                "cycles": found.cycles,
                "bound": found.bound,
                "dense": found.dense,
                **{f"cycles_{cause}": count for cause, count in found.causes.items()},
            }
            for (mode, layer, step), found in self.simulation.cycles.items()
        ]

    def tables(self) -> "Sequence[RenderableType]":
        """By layer, and by cause."""
        of, all_steps = number_of(self.steps, "step"), self.steps_of_trace
        if all_steps and self.steps < all_steps:
            of = f"the first {self.steps} of {number_of(all_steps, 'step')}"
        title = f"{self.workload} on {self.config_name}: cycles of {of}, {TIMED[self.scope]}"
        return [cycles.layer_table(self.simulation, title), cycles.cause_table(self.simulation)]

    def plot(self) -> "Figure":
        """Cycles per layer, and per step, in each mode."""
        from dittosim.plots import cycles_figure

        return cycles_figure(self.simulation)


def simulate_layers(
    workload: Source,
    config: Config = "small",
    modes: str | Iterable[str] = tuple(Mode),
    *,
    memory: bool = True,
    steps: int | None = None,
    images: int = 1,
    seed: int = 0,
) -> LayerSimulation:
    """Counts the cycles of every layer on its own, nothing between layers.

    Args:
        workload: A shipped workload's name, a folder, a loaded one, or a trace's folder.
        config: A preset, a TOML file, or a configuration.
        modes: ``act``, ``temporal``, ``spatial``.
        memory: From memory to memory, cut into passes as is cheapest; else on the tiles alone.
        steps: Denoising steps; the workload's own if None.
        images: Images sampled; of a trace those of its capture, as is the seed.
        seed: Of the noise.

    Raises DittosimError for what is no workload or trace, and for one that has too few steps.
    """
    machine, names = machine_of(config), each_chosen(Mode, modes, "mode")
    scope = LAYERS if memory else TILES
    simulation = LayerTimes(machine, names)
    if not isinstance(workload, Workload) and is_trace(Path(workload)):
        trace = _tensor_trace(Path(workload), steps, images, seed)
        if memory:
            simulation.timing = MemoryTiming({})
        about = trace.description
        steps = steps or about.steps
        cycles.simulate_trace_with_progress(trace, simulation, steps)
        return LayerSimulation(
            trace.name,
            machine,
            config_name(config),
            scope,
            steps,
            about.images,
            about.seed,
            simulation,
            about.steps,
        )
    source = load_workload(workload)
    run = Run.of(source, steps, images=images, seed=seed)
    if memory:
        simulation.timing = MemoryTiming(source_shapes(source))
    cycles.simulate_with_progress(source, simulation, run.steps, images, seed)
    return LayerSimulation(
        source.name, machine, config_name(config), scope, run.steps, images, seed, simulation
    )


def _tensor_trace(folder: Path, steps: int | None, images: int, seed: int) -> Trace:
    """A trace that can be simulated as asked for; DittosimError if not."""
    trace = load_trace(folder)
    if trace.description.contents != "tensors":
        raise DittosimError(
            f"{folder} holds class counts only, and cycles need tensors: capture it again without "
            "--classes"
        )
    if steps and steps > trace.description.steps:
        raise DittosimError(
            f"--steps {steps}: {folder} holds {number_of(trace.description.steps, 'step')}; "
            "ask for no more"
        )
    if (images, seed) != (1, 0):
        raise DittosimError(
            f"{folder} is a trace, whose images and seed are those of its capture: leave out "
            "--images and --seed"
        )
    return trace
