"""``dittosim verify``: the benches on the emitted Verilog."""

from itertools import product
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.files import check_writable, output_folder, write_json
from dittosim.findings_table import Row, print_findings
from dittosim.options import ForceOption, JsonOption, SeedOption
from dittosim.parallel import in_parallel
from dittosim.workload_checks import BENCH as WORKLOAD_BENCH
from dittosim.workload_checks import check_workload
from golden.accelerator.units import Units
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from tb.harness.simulators import Simulator, require
from tb.harness.task import Task
from tb.runner import BENCHES, run_bench

WAVES_FOLDER = Path("waves")
ACCELERATOR_TOPS = ("core", "accelerator")
"""What not every configuration makes"""


def tasks_of(benches: list[str], config_name: str, seed: int) -> list[Task]:
    """The runs that verify a configuration: each bench without stalls and, where it can, with.

    All benches if none is named; but those of the accelerator only if the configuration makes one.
    """
    unknown = [name for name in benches if name not in BENCHES]
    if unknown:
        raise DittosimError(f"no bench '{unknown[0]}': choose among {', '.join(BENCHES)}")
    machine = load_config(config_name)
    if not benches:
        benches = list(BENCHES)
        try:
            Units.of(machine)
        except DittosimError as error:
            benches = [name for name in benches if BENCHES[name].top not in ACCELERATOR_TOPS]
            console.print(f"without the accelerator, which {config_name} does not make: {error}")
    return [
        Task(bench=name, config=machine, seed=seed, stalls=stalls)
        for name in benches
        for stalls in ((False, True) if BENCHES[name].stalls else (False,))
    ]


def verify(
    benches: Annotated[
        list[str] | None, typer.Argument(metavar="BENCH", help=f"{', '.join(BENCHES)}.")
    ] = None,
    config: Annotated[
        list[str] | None,
        typer.Option(
            "--config",
            "-c",
            metavar="C",
            help="Preset (tiny, small, paper) or TOML file; small if absent. May be repeated with "
            "--workload.",
        ),
    ] = None,
    simulator: Annotated[Simulator, typer.Option(help="Verilog simulator.")] = Simulator.VERILATOR,
    seed: SeedOption = 0,
    waves: Annotated[
        bool, typer.Option("--waves", help=f"Keep waveforms and logs in {WAVES_FOLDER}/.")
    ] = False,
    workload: Annotated[
        list[str] | None,
        typer.Option(
            help="Run all layers of this workload on the accelerator, in all modes. "
            "May be repeated."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Benches run at once.")] = 1,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Run the emitted Verilog against golden (values) and sim (cycles); differences must be zero.

    Without BENCH, all of them. "values" and "output times" were compared one by one; "cycles" are
    when the last output came, in the Verilog and as predicted. Examples:

    `dittosim verify --config tiny -j 2`

    `dittosim verify tile --config my.toml --simulator icarus --waves`

    With --workload the layers of a denoising step, and every counter of the accelerator:

    `dittosim verify accelerator --workload digits-unet --workload digits-dit -c tiny -c small`
    """
    check_writable(json, force=force)
    configs = config or ["small"]
    if workload:
        if benches not in (None, [], [WORKLOAD_BENCH]):
            raise DittosimError(f"--workload runs on bench {WORKLOAD_BENCH} alone: name no other")
        if waves:
            raise DittosimError("--workload keeps no waveforms: leave out --waves")
        _verify_workloads(workload, configs, simulator, seed, jobs, json)
        return
    if len(configs) > 1:
        raise DittosimError("several --config are for --workload: give one, or a workload")
    tasks = tasks_of(benches or [], configs[0], seed)
    if waves:
        names = (_run_name(task) for task in tasks)
        output_folder(WAVES_FOLDER, *names, force=force, cure="run verify in another folder")
    require(simulator)

    def folder(task: Task) -> Path | None:
        return WAVES_FOLDER / _run_name(task) if waves else None

    with progress() as bar:
        arguments = [(task, simulator, None, folder(task)) for task in tasks]
        runs = in_parallel(jobs, run_bench, arguments, ordered=True)
        findings = list(bar.track(runs, total=len(tasks), description=f"verify on {simulator}"))
    rows = [
        Row(f"{task.bench}, stalls" if task.stalls else task.bench, found.cycles_compared, found)
        for task, found in zip(tasks, findings, strict=True)
    ]
    differences = sum(found.differences for found in findings)
    if str(json) != "-":
        title = f"{configs[0]} on {simulator}, seed {seed}"
        print_findings(title, "bench", "output\ntimes", rows)
    write_json(
        json,
        {
            "configuration": tasks[0].config.model_dump(mode="json"),
            "simulator": simulator.value,
            "seed": seed,
            "differences": differences,
            "benches": [
                {"bench": task.bench, "stalls": task.stalls, **found.model_dump()}
                for task, found in zip(tasks, findings, strict=True)
            ],
        },
    )
    if differences:
        raise typer.Exit(1)


def _run_name(task: Task) -> str:
    return f"{task.bench}-stalls" if task.stalls else task.bench


def _verify_workloads(
    workloads: list[str],
    configs: list[str],
    simulator: Simulator,
    seed: int,
    jobs: int,
    json: Path | None,
) -> None:
    """Every workload on every machine in the three modes."""
    machines = {config: load_config(config) for config in configs}
    names = {workload: load_workload(workload).name for workload in workloads}
    require(simulator)
    points = list(product(machines, names, Mode))
    with progress() as bar:
        arguments = [(workload, config, mode, simulator, seed) for config, workload, mode in points]
        runs = in_parallel(jobs, check_workload, arguments, ordered=True)
        checks = list(bar.track(runs, total=len(points), description=f"verify on {simulator}"))
    rows = [
        Row(f"{names[workload]} {mode}", check.products, check.findings, section=config)
        for (config, workload, mode), check in zip(points, checks, strict=True)
    ]
    differences = sum(check.findings.differences for check in checks)
    if str(json) != "-":
        title = f"layers at step 1 on {simulator}, seed {seed}"
        print_findings(title, "workload and mode", "pro-\nducts", rows)
    write_json(
        json,
        {
            "configurations": {
                config: machine.model_dump(mode="json") for config, machine in machines.items()
            },
            "simulator": simulator.value,
            "seed": seed,
            "differences": differences,
            "workloads": [
                {
                    "configuration": config,
                    "workload": names[workload],
                    "mode": mode.value,
                    "products": check.products,
                    **check.findings.model_dump(),
                }
                for (config, workload, mode), check in zip(points, checks, strict=True)
            ],
        },
    )
    if differences:
        raise typer.Exit(1)
