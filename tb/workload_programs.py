"""The layers of a workload as programs: real activations of a sampling run."""

from collections.abc import Iterable, Iterator

from golden.accelerator.lowering import Planner, layer_runs
from golden.accelerator.program import LayerRun, Program
from golden.config import MachineConfig
from golden.layer_step import LayerStep
from golden.matmul import Mode
from golden.workload import Workload


def workload_runs(
    workload: Workload,
    config: MachineConfig,
    modes: Iterable[Mode],
    planner: Planner,
    *,
    step: int = 1,
    seed: int = 0,
) -> list[LayerRun]:
    """Every product of every layer of one image at one denoising step, in all ``modes``."""
    shapes = workload.integer.graph.shapes(workload.description.image_shape)
    runs: list[LayerRun] = []

    def observe(layer_step: LayerStep) -> None:
        if layer_step.step == step:
            source = layer_step.layer.node.inputs[0] if hasattr(layer_step.layer, "node") else None
            for mode in modes:
                runs.extend(
                    layer_runs(layer_step, mode, shapes.get(source), config, planner)
                )

    workload.sample(Mode.ACT, workload.noise(1, seed), step + 1, observe)
    return runs


def programs_of(runs: Iterable[LayerRun], limit: int) -> Iterator[Program]:
    """Programs of as many runs as fit ``limit`` bytes of memory."""
    waiting: list[LayerRun] = []
    for run in runs:
        if waiting and len(Program.of([*waiting, run]).memory) > limit:
            yield Program.of(waiting)
            waiting = []
        waiting.append(run)
    if waiting:
        yield Program.of(waiting)
