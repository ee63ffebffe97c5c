"""One bench on one mutant."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission
from tb.faults.choice import argument, with_choices
from tb.harness.task import Task
from tb.mutation.mutants import Mutant
from tb.mutation.reach import Run
from tb.mutation.verilog import modules_of
from tb.runner import run_bench


@dataclass(frozen=True)
class Kill:
    """What noticed a mutant, and how."""

    run: Run
    difference: str
    """The first difference, or what ended the bench"""


def with_mutants(emission: Emission, mutants: Mapping[int, Mutant]) -> Emission:
    """A design with a choice of mutants, by numbers above 0."""
    modules = modules_of(emission.verilog)
    choices: dict[str, dict[int, str]] = {}
    for number, mutant in mutants.items():
        text = mutant.text(modules[mutant.module])
        choices.setdefault(mutant.module, {})[number] = text
    return with_choices(emission, choices)


def attempt(
    run: Run,
    config: MachineConfig,
    seed: int,
    emission: Emission,
    number: int,
    limit: float | None = None,
) -> Kill | None:
    """Runs a bench on a design :func:`with_mutants`, number 0 being none; None if it is content.

    A bench that takes more than ``limit`` seconds is ended, and has noticed. For a process of its
    own: whatever that has started is ended then. DittosimError if the design cannot be built.
    """
    task = Task(bench=run.bench, config=config, seed=seed, stalls=run.stalls, one_difference=True)
    late = threading.Event()

    def end() -> None:
        late.set()
        for child in psutil.Process().children(recursive=True):
            child.kill()

    timer = threading.Timer(limit or 0, end)
    if limit is not None:
        timer.start()
    try:
        findings = run_bench(task, emission=emission, arguments=[argument(number)])
    except DittosimError as error:
        if "did not finish" not in str(error):
            raise
        return Kill(run, f"no end after {limit:.0f} seconds" if late.is_set() else str(error))
    finally:
        timer.cancel()
    return Kill(run, findings.first_difference) if findings.differences else None
