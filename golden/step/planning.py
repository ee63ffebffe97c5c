"""A program whose products are cut as a planner finds best, on the data of a real step."""

from itertools import islice

from golden.accelerator.lowering import Planner
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun
from golden.denoising.samplers import Sampler, images_by_step
from golden.step.compilation import PlanKey, compile_step
from golden.step.program import Entry, StepProgram
from golden.step.sampling import ProgramDenoiser
from golden.workload.workload import Workload


def planned_step(
    draft: StepProgram,
    workload: Workload,
    planner: Planner,
    *,
    steps: int | None = None,
    step: int = 1,
    seed: int = 0,
) -> StepProgram:
    """A program of :func:`compile_step` with the plans that ``planner`` gives its products.

    ``draft`` is the program without them. They are chosen on ``step`` of a run in ``steps``; all
    heads of a layer have the plan of the first. DittosimError as :func:`compile_step`.
    """
    plans: dict[PlanKey, Plan] = {}

    def watch(at: int, entry: Entry, run: LayerRun | None) -> None:
        of = entry.product
        if at == step and run and of and (of.layer, of.number) not in plans:
            plans[of.layer, of.number] = planner(run).plan

    denoiser = ProgramDenoiser(draft, workload, watcher=watch)
    schedule, count = workload.description.schedule, workload.steps(steps)
    noise = workload.noise(1, seed)
    images = images_by_step(Sampler.DDIM, denoiser, noise, schedule, count, seed)
    next(islice(images, step, None))
    return compile_step(workload, draft.config, draft.flow, plans)
