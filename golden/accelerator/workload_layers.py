"""The layers of a workload at one denoising step, as the accelerator runs them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from golden.accelerator.lowering import Planner, layer_runs
from golden.accelerator.program import LayerRun
from golden.difference.layer_step import LayerInput, LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.network.nodes import Shape
from golden.workload.workload import Workload


@dataclass(frozen=True)
class NamedRun:
    """A product of a layer; where both operands change there are two in TEMPORAL."""

    layer: str
    mode: Mode
    """The mode asked for, which in the first step is not that of the run"""
    number: int
    run: LayerRun


def source_shapes(workload: Workload) -> dict[str, Shape]:
    """The shape of the first tensor that each matrix product reads, by layer."""
    d = workload.description
    shapes = d.graph.shapes(d.image_shape)
    return {node.name: shapes[node.inputs[0]] for node in workload.integer.graph.matmuls()}


def workload_layers(
    workload: Workload,
    config: MachineConfig,
    modes: Iterable[Mode],
    planner: Planner,
    *,
    step: int = 1,
    seed: int = 0,
    progress: Callable[[LayerInput], None] = lambda _: None,
) -> list[NamedRun]:
    """Every product of every layer of one image at ``step``, in all ``modes``.

    Raises DittosimError if a layer does not fit the machine.
    """
    shapes = source_shapes(workload)
    found: list[NamedRun] = []

    def observe(layer_step: LayerStep) -> None:
        if layer_step.step != step:
            return
        name = layer_step.layer.name
        for mode in modes:
            runs = layer_runs(layer_step, mode, shapes.get(name), config, planner)
            found.extend(NamedRun(name, mode, number, run) for number, run in enumerate(runs))
        progress(layer_step)

    workload.sample(Mode.ACT, workload.noise(1, seed), step + 1, observe)
    return found
