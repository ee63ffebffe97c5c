"""Benches on a machine: which of them run, and how they are told."""

from collections.abc import Sequence
from pathlib import Path

from dittosim.console import console
from dittosim.files import output_folder
from dittosim.machines import Config, config_name, machine_of
from dittosim.verification.checks import Options, Report, prepare, run_checks
from dittosim.verification.findings_table import Row
from dittosim.verification.verification import Verification
from golden.errors import DittosimError
from rtl.emission.emit import reasons_against, tops_of
from tb.harness.task import Findings, Task
from tb.runner import BENCHES, run_bench

WAVES_FOLDER = Path("waves")


def tasks_of(benches: Sequence[str], config: Config, seed: int) -> list[Task]:
    """The runs that verify a configuration: each bench without stalls and, where it can, with.

    All benches if none is named, but only those of designs that the configuration makes.
    DittosimError if one is named that it does not make: nothing has run then.
    """
    unknown = [name for name in benches if name not in BENCHES]
    if unknown:
        raise DittosimError(f"no bench '{unknown[0]}': choose among {', '.join(BENCHES)}")
    machine, named = machine_of(config), config_name(config)
    against = reasons_against(machine)
    unfit = {
        name: misfit
        for name, bench in BENCHES.items()
        if bench.top not in against and (misfit := bench.reason_against(machine))
    }
    for name in benches:
        if reason := against.get(BENCHES[name].top):
            raise DittosimError(f"bench {name} cannot run, {named} makes no such design: {reason}")
        if name in unfit:
            raise DittosimError(f"bench {name} cannot run on {named}: {unfit[name]}")
    if not benches:
        benches = [
            name
            for name, bench in BENCHES.items()
            if bench.top not in against and name not in unfit
        ]
        lacking = [top for top in tops_of(machine) if top in against]
        if lacking:
            left_out = ", ".join(lacking)
            reason = against[lacking[0]]
            console.print(f"without {left_out}, which {named} does not make: {reason}")
        for misfit in dict.fromkeys(unfit.values()):
            alike = ", ".join(name for name in unfit if unfit[name] == misfit)
            console.print(f"without {alike}: {misfit}")
    return [
        Task(bench=name, config=machine, seed=seed, stalls=stalls)
        for name in benches
        for stalls in ((False, True) if BENCHES[name].stalls else (False,))
    ]


def verify_benches(
    benches: Sequence[str], config: Config, options: Options, *, waves: Path | None, force: bool
) -> Verification:
    """Runs benches, or all, without stalls and, where they can, with.

    Waveforms and logs are left in the folder ``waves``, if one is given.
    """
    tasks = tasks_of(benches, config, options.seed)
    if waves:
        names = (_run_name(task) for task in tasks)
        output_folder(waves, *names, force=force, cure="run verify in another folder")
    prepare({config_name(config): machine_of(config)}, options.simulator)

    def folder(task: Task) -> Path | None:
        return waves / _run_name(task) if waves else None

    def row(task: Task, found: Findings) -> Row:
        name = f"{task.bench}, stalls" if task.stalls else task.bench
        return Row(name, found.cycles_compared, found)

    report = Report[Task, Findings](
        title=config_name(config),
        columns=("bench", "output\ntimes"),
        row=row,
        head={"configuration": tasks[0].config.model_dump(mode="json")},
        key="benches",
        listing=lambda task, _: {"bench": task.bench, "stalls": task.stalls},
        strata=True,
    )
    calls = [(run_bench, task, options.simulator, None, folder(task)) for task in tasks]
    return run_checks(tasks, calls, report, options)


def _run_name(task: Task) -> str:
    return f"{task.bench}-stalls" if task.stalls else task.bench
