"""``dittosim verify``: the benches on the emitted Verilog."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from dittosim.console import console, progress, result_table
from dittosim.files import check_writable, output_folder, write_json
from dittosim.options import (
    ConfigOption,
    JsonOption,
    SeedOption,
)
from dittosim.parallel import in_parallel
from golden.accelerator.program import programs_of
from golden.accelerator.units import Units
from golden.accelerator.workload_layers import workload_layers
from golden.config import load_config
from golden.errors import DittosimError
from golden.matmul import Mode
from golden.workload import load_workload
from sim.planning import planned
from tb.program_file import save_programs
from tb.runner import BENCHES, run_bench
from tb.simulators import Simulator, require
from tb.task import Findings, Task

WAVES_FOLDER = Path("waves")
WORKLOAD_BENCH = "accelerator"
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
    config: ConfigOption = "small",
    simulator: Annotated[Simulator, typer.Option(help="Verilog simulator.")] = Simulator.VERILATOR,
    seed: SeedOption = 0,
    waves: Annotated[
        bool, typer.Option("--waves", help=f"Keep waveforms and logs in {WAVES_FOLDER}/.")
    ] = False,
    workload: Annotated[
        str | None,
        typer.Option(help="Run all layers of this workload on the accelerator, in all modes."),
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Benches run at once.")] = 1,
    json: JsonOption = None,
) -> None:
    """Run the emitted Verilog against golden (values) and sim (cycles); differences must be zero.

    Without BENCH, all of them. "values" and "output times" were compared one by one; "cycles" are
    when the last output came, in the Verilog and as predicted. Examples:

    `dittosim verify --config tiny -j 2`

    `dittosim verify tile --config my.toml --simulator icarus --waves`

    `dittosim verify accelerator --workload digits-unet --config tiny`
    """
    check_writable(json)
    if workload:
        if benches not in (None, [], [WORKLOAD_BENCH]):
            raise DittosimError(f"--workload runs on bench {WORKLOAD_BENCH} alone: name no other")
        verify_workload(workload, config, simulator, seed, json)
        return
    if waves:
        output_folder(WAVES_FOLDER, "run verify in a folder that can be written")
    tasks = tasks_of(benches or [], config, seed)
    require(simulator)

    def folder(task: Task) -> Path | None:
        name = f"{task.bench}-stalls" if task.stalls else task.bench
        return WAVES_FOLDER / name if waves else None

    with progress() as bar:
        arguments = [(task, simulator, None, folder(task)) for task in tasks]
        runs = in_parallel(jobs, run_bench, arguments, ordered=True)
        findings = list(bar.track(runs, total=len(tasks), description=f"verify on {simulator}"))
    total = sum(findings, Findings())
    if str(json) != "-":
        _print(tasks, findings, total, f"{config} on {simulator}, seed {seed}")
    write_json(
        json,
        {
            "configuration": tasks[0].config.model_dump(mode="json"),
            "simulator": simulator.value,
            "seed": seed,
            "differences": total.differences,
            "benches": [
                {"bench": task.bench, "stalls": task.stalls, **found.model_dump()}
                for task, found in zip(tasks, findings, strict=True)
            ],
        },
    )
    if total.differences:
        raise typer.Exit(1)


def verify_workload(
    workload: str, config: str, simulator: Simulator, seed: int, json: Path | None
) -> None:
    """All layers of a workload at its second step, in the three modes, memory to memory."""
    require(simulator)
    model, machine = load_workload(workload), load_config(config)
    limit = BENCHES[WORKLOAD_BENCH].memory_words * machine.bus_bytes
    with progress() as bar:
        lower = bar.add_task(f"compile {model.name}", total=len(model.layers()))
        layers = workload_layers(
            model, machine, list(Mode), planned, seed=seed, progress=lambda _: bar.advance(lower)
        )
        found: dict[str, Findings] = {}
        check = bar.add_task(f"verify on {simulator}", total=len(Mode))
        for mode in Mode:
            runs = [layer.run for layer in layers if layer.mode is mode]
            with tempfile.TemporaryDirectory(prefix="dittosim-") as folder:
                path = Path(folder) / "programs.npz"
                save_programs(path, list(programs_of(runs, limit)))
                task = Task(bench=WORKLOAD_BENCH, config=machine, seed=seed, rows=path)
                found[f"{mode}, {len(runs)} products"] = run_bench(task, simulator)
            bar.advance(check)
    total = sum(found.values(), Findings())
    if str(json) != "-":
        table = result_table(
            f"{model.name} on {config}, {simulator}",
            *("mode", "values", "cycles\nRTL", "cycles\nsim", "kcycles\n/ s", "differences"),
        )
        for name, one in [*found.items(), ("all", total)]:
            values, _, *cycles, differences = _cells(one)
            speed = f"{one.clock_cycles / max(one.seconds, 1e-9) / 1e3:,.0f}"
            table.add_row(name, values, *cycles, speed, differences)
        console.print(table)
        for one in found.values():
            if one.differences:
                console.print(one.first_difference, style="red")
    write_json(
        json,
        {
            "workload": model.name,
            "configuration": machine.model_dump(mode="json"),
            "simulator": simulator.value,
            "seed": seed,
            "differences": total.differences,
            "modes": {name: one.model_dump() for name, one in found.items()},
        },
    )
    if total.differences:
        raise typer.Exit(1)


def _print(tasks: list[Task], findings: list[Findings], total: Findings, title: str) -> None:
    table = result_table(
        title, "bench", "values", "output\ntimes", "cycles\nRTL", "cycles\nsim", "differences"
    )
    for task, found in zip(tasks, findings, strict=True):
        name = f"{task.bench}, stalls" if task.stalls else task.bench
        table.add_row(name, *_cells(found))
    table.add_section()
    table.add_row("all", *_cells(total))
    console.print(table)
    for task, found in zip(tasks, findings, strict=True):
        if found.differences:
            console.print(f"{task.bench}: {found.first_difference}", style="red")


def _cells(found: Findings) -> list[str | Text]:
    differences = Text(f"{found.differences:,}", style="red" if found.differences else "")
    numbers = (found.values, found.cycles_compared, found.cycles_rtl, found.cycles_sim)
    return [*(f"{number:,}" for number in numbers), differences]
