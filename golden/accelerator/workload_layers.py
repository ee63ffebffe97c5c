"""The layers of a workload at one denoising step, as the accelerator runs them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

from golden.accelerator.lowering import Planner, layer_runs
from golden.accelerator.program import LayerRun
from golden.difference.layer_step import LayerInput, LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.network.nodes import Shape
from golden.workload.run import Run
from golden.workload.workload import Workload


@dataclass(frozen=True)
class NamedRun:
    """A product of a layer; attention has one for each head, or two in TEMPORAL."""

    layer: str
    mode: Mode
    """The mode asked for, which in the first step is not that of the run"""
    head: int | None
    """None where there is one only"""
    number: int
    """1 for the second of two, where both operands change"""
    run: LayerRun

    @property
    def name(self) -> str:
        """Layer, head in brackets, and a dash for the second of two products."""
        head = "" if self.head is None else f"[{self.head}]"
        return f"{self.layer}{head}" + "'" * self.number


def source_shapes(workload: Workload) -> dict[str, Shape]:
    """The shape of the first tensor that each matrix product reads, by layer."""
    d = workload.description
    shapes = d.graph.shapes(d.image_shape)
    return {node.name: shapes[node.inputs[0]] for node in workload.integer.graph.matmuls()}


def workload_layers(
    run: Run,
    config: MachineConfig,
    modes: Iterable[Mode],
    planner: Planner,
    *,
    step: int = 1,
    progress: Callable[[LayerInput], None] = lambda _: None,
) -> list[NamedRun]:
    """Every product of every layer (and head) of the run's first image at ``step``, in ``modes``.

    Raises DittosimError if the run has no such step or a layer does not fit the machine.
    """
    shapes = source_shapes(run.workload)
    found: list[NamedRun] = []

    def observe(layer_step: LayerStep) -> None:
        if layer_step.step != step:
            return
        name = layer_step.layer.name
        heads = len(layer_step.operands.first) // run.images
        for mode, head in product(modes, range(heads)):
            runs = layer_runs(layer_step, mode, shapes.get(name), config, planner, instance=head)
            which = head if heads > 1 else None
            found.extend(NamedRun(name, mode, which, n, one) for n, one in enumerate(runs))
        progress(layer_step)

    run.observe(observe, last_step=step)
    return found
