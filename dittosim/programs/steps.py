"""Programs of whole denoising steps, planned and measured on a workload's own run."""

from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.step.compilation import compile_step
from golden.step.machine_fit import fitting
from golden.step.planning import planned_step
from golden.step.program import StepProgram
from golden.workload.workload import Workload
from sim.scheduler.planning import planned


def planned_program(
    workload: Workload,
    config: MachineConfig,
    mode: Mode,
    *,
    steps: int | None = None,
    step: int = 1,
    seed: int = 0,
) -> StepProgram:
    """The program whose products are cut as is cheapest in ``step`` of a run in ``steps``.

    Of a run that is shorter, in its last step. DittosimError says all that does not fit the
    machine, and which buffers would do.
    """
    fitting(lambda machine: compile_step(workload, machine, mode), config)
    last = workload.steps(steps) - 1
    return planned_step(
        workload, config, mode, planned, steps=steps, step=min(step, last), seed=seed
    )
