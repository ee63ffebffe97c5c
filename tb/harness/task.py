"""What a bench is asked to do, and what it found: passed as JSON into and out of the simulator."""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from golden.files import write_whole
from golden.machine.config import MachineConfig
from tb.harness.coverage import Coverage, merged

TASK_VARIABLE = "DITTOSIM_TASK"


class Task(BaseModel):
    """One run of one bench."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bench: str
    config: MachineConfig
    seed: int = 0
    stalls: bool = Field(default=False, description="random stalls at every input and output")
    one_difference: bool = Field(default=False, description="the first difference ends the bench")
    rows: Path | None = Field(
        default=None, description="operands to run (.npz) instead of random ones"
    )
    probe: Path | None = Field(
        default=None, description="where the accelerator's probe (tb/probe) leaves what it sees"
    )
    sampling: Path | None = Field(
        default=None,
        description="the sampling run (tb/stimuli/sampling_job.py) of bench sampling, instead of "
        "random ones",
    )


class Findings(BaseModel):
    """What a bench compared; differences must be zero."""

    model_config = ConfigDict(extra="forbid")

    values: int = 0
    """Values compared with golden's."""
    value_differences: int = 0
    cycles_compared: int = 0
    """Output times compared with sim's."""
    cycle_differences: int = 0
    cycles_rtl: int = 0
    """Cycle of the last output, counted from 1, as the Verilog had it."""
    cycles_sim: int = 0
    """The same, as sim predicts it."""
    clock_cycles: int = 0
    """All clock cycles simulated while outputs were compared."""
    seconds: float = 0.0
    """What simulating them took."""
    first_difference: str = ""
    coverage: dict[str, dict[str, int]] = {}
    """How often each stratum of the stimulus was met (:mod:`tb.harness.coverage`)."""

    @property
    def differences(self) -> int:
        """Values and cycles that differ."""
        return self.value_differences + self.cycle_differences

    def __add__(self, other: "Findings") -> "Findings":
        apart = {"first_difference", "coverage"}
        ours, theirs = self.model_dump(exclude=apart), other.model_dump(exclude=apart)
        sums = {key: ours[key] + theirs[key] for key in ours}
        first = self.first_difference or other.first_difference
        met = merged(self.coverage, other.coverage)
        return Findings(**sums, first_difference=first, coverage=met)


def current_task() -> Task:
    """The task of the bench that runs in this process."""
    return Task.model_validate_json(Path(os.environ[TASK_VARIABLE]).read_text())


def findings_path(task_path: Path) -> Path:
    """Where a bench leaves its findings."""
    return task_path.with_suffix(".findings.json")


def report(findings: Findings, coverage: Coverage | None = None) -> None:
    """Leaves the findings for the process that started the simulator.

    AssertionError if nothing differs, but a stratum of ``coverage`` was never met.
    """
    if coverage is not None:
        if not findings.differences:
            coverage.check()
        findings = findings.model_copy(update={"coverage": coverage.counts})
    write_whole(findings_path(Path(os.environ[TASK_VARIABLE])), findings.model_dump_json())
