"""``dittosim verify``: the benches on the emitted Verilog."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import typer

from dittosim.console import console, progress
from dittosim.files import check_writable, output_folder, write_json
from dittosim.findings_table import Row, print_findings
from dittosim.flows import FlowName
from dittosim.layer_checks import LayerPoint, check_layer
from dittosim.layer_shapes import EXAMPLE, FORM
from dittosim.options import ForceOption, JsonOption, SeedOption
from dittosim.parallel import in_parallel
from dittosim.programs.checks import BENCH as SAMPLING_BENCH
from dittosim.programs.checks import (
    SamplingCheck,
    check_sampling,
    name_of,
    points_listing,
    sampling_points,
)
from dittosim.streams import say
from dittosim.workload_checks import BENCH as WORKLOAD_BENCH
from dittosim.workload_checks import WorkloadCheck, check_workload, run_with_step
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from rtl.emission.emit import emit, reasons_against
from tb.harness.build_needs import build_notice
from tb.harness.simulators import Simulator, require
from tb.harness.task import Findings, Task
from tb.runner import BENCHES, run_bench

WAVES_FOLDER = Path("waves")


def tasks_of(benches: list[str], config_name: str, seed: int) -> list[Task]:
    """The runs that verify a configuration: each bench without stalls and, where it can, with.

    All benches if none is named, but only those of designs that the configuration makes.
    DittosimError if one is named that it does not make: nothing has run then.
    """
    unknown = [name for name in benches if name not in BENCHES]
    if unknown:
        raise DittosimError(f"no bench '{unknown[0]}': choose among {', '.join(BENCHES)}")
    machine = load_config(config_name)
    against = reasons_against(machine)
    unfit = {
        name: misfit
        for name, bench in BENCHES.items()
        if bench.top not in against and (misfit := bench.reason_against(machine))
    }
    for name in benches:
        if reason := against.get(BENCHES[name].top):
            raise DittosimError(
                f"bench {name} cannot run, {config_name} makes no such design: {reason}"
            )
        if name in unfit:
            raise DittosimError(f"bench {name} cannot run on {config_name}: {unfit[name]}")
    if not benches:
        benches = [
            name
            for name, bench in BENCHES.items()
            if bench.top not in against and name not in unfit
        ]
        if against:
            left_out = ", ".join(against)
            (reason, *_) = against.values()
            console.print(f"without {left_out}, which {config_name} does not make: {reason}")
        for name, misfit in unfit.items():
            console.print(f"without bench {name}: {misfit}")
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
            help="Run all layers of this workload on the accelerator, in all modes, or with bench "
            f"{SAMPLING_BENCH} its steps. May be repeated."
        ),
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="L",
            help=f"Run a layer of this shape on the accelerator, {FORM}, such as {EXAMPLE}. May be "
            "repeated.",
        ),
    ] = None,
    mode: Annotated[
        list[Mode] | None,
        typer.Option(help="With --layer: temporal if absent. May be repeated."),
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(min=0, help="With --workload: the denoising step; 1, the second, if absent."),
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="With --workload: steps of its run; the workload's own if absent."
        ),
    ] = None,
    flow: Annotated[
        list[FlowName] | None,
        typer.Option(
            help=f"With {SAMPLING_BENCH} --workload: original, temporal, spatial; temporal if "
            "absent. May be repeated."
        ),
    ] = None,
    until: Annotated[
        int | None,
        typer.Option(
            min=0, help=f"With {SAMPLING_BENCH} --workload: the last step that is run, from 0."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, help="Benches run at once.")] = 1,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Run the emitted Verilog against golden (values) and sim (cycles); differences must be zero.

    Without BENCH, all of them. "values" and "output times" were compared one by one; "cycles" are
    when the last output came, in the Verilog and as predicted; "strata" are the kinds of stimulus
    that the bench must meet, all of which it met (--json has how often). Examples:

    `dittosim verify --config tiny -j 2`

    `dittosim verify tile --config my.toml --simulator icarus --waves`

    With --workload the layers of one denoising step of a sampling run, and every counter of the
    accelerator:

    `dittosim verify accelerator --workload digits-unet --workload digits-dit -c tiny -c small`

    With --layer convolutions of any shape, stride 1, on random activations whose differences to the
    step before have the bit widths of the paper's averages:

    `dittosim verify accelerator --layer 320,320,3,64x64 --layer 40,100,1,8x8 -c paper`

    With sampling and --workload whole steps of its run: the image, and after every step all bytes
    of memory and all counters:

    `dittosim verify sampling --workload digits-unet -c small --flow temporal --until 9`
    """
    check_writable(json, force=force)
    configs = config or ["small"]
    if layer:
        of_steps = (step, steps, until)
        if workload or waves or flow or any(number is not None for number in of_steps):
            raise DittosimError("--layer goes with --mode: leave out --waves and what is of steps")
        if benches not in (None, [], [WORKLOAD_BENCH]):
            raise DittosimError(f"--layer runs on bench {WORKLOAD_BENCH} alone: name no other")
        _verify_layers(layer, configs, mode or [Mode.TEMPORAL], simulator, seed, jobs, json)
        return
    if mode:
        raise DittosimError("--mode is for --layer: give one, or leave it out")
    if workload and benches == [SAMPLING_BENCH]:
        if waves or step is not None:
            raise DittosimError(
                f"--waves and --step are not for {SAMPLING_BENCH} --workload: leave them out"
            )
        flows = flow or [FlowName.TEMPORAL]
        _verify_sampling(workload, configs, flows, simulator, seed, steps, until, jobs, json)
        return
    if flow or until is not None:
        raise DittosimError(
            f"--flow and --until are for bench {SAMPLING_BENCH} with --workload: leave them out"
        )
    if workload:
        if benches not in (None, [], [WORKLOAD_BENCH]):
            raise DittosimError(
                f"--workload runs on bench {WORKLOAD_BENCH} alone, or on {SAMPLING_BENCH} alone: "
                "name no other"
            )
        if waves:
            raise DittosimError("--workload keeps no waveforms: leave out --waves")
        chosen = 1 if step is None else step
        _verify_workloads(workload, configs, simulator, seed, chosen, steps, jobs, json)
        return
    if step is not None or steps is not None:
        raise DittosimError("--step and --steps are for --workload: give one, or leave them out")
    if len(configs) > 1:
        raise DittosimError("several --config are for --workload: give one, or a workload")
    tasks = tasks_of(benches or [], configs[0], seed)
    if waves:
        names = (_run_name(task) for task in tasks)
        output_folder(WAVES_FOLDER, *names, force=force, cure="run verify in another folder")
    require(simulator)

    _announce(configs, simulator)

    def folder(task: Task) -> Path | None:
        return WAVES_FOLDER / _run_name(task) if waves else None

    with progress() as bar:
        arguments = [(run_bench, task, simulator, None, folder(task)) for task in tasks]
        runs = in_parallel(jobs, _outcome, arguments, ordered=True)
        outcomes = list(bar.track(runs, total=len(tasks), description=f"verify on {simulator}"))
    findings = [found for found in outcomes if isinstance(found, Findings)]
    rows = [
        Row(f"{task.bench}, stalls" if task.stalls else task.bench, found.cycles_compared, found)
        for task, found in zip(tasks, outcomes, strict=True)
        if isinstance(found, Findings)
    ]
    differences = sum(found.differences for found in findings)
    if rows and str(json) != "-":
        title = f"{configs[0]} on {simulator}, seed {seed}"
        print_findings(title, "bench", "output\ntimes", rows, strata=True)
    _raise_errors(outcomes)
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


def _machines(configs: list[str], bench: str) -> dict[str, MachineConfig]:
    """Machines by name; DittosimError if one makes no such bench's design."""
    machines = {config: load_config(config) for config in configs}
    for config, machine in machines.items():
        if reason := reasons_against(machine).get(BENCHES[bench].top):
            raise DittosimError(f"{config} makes no accelerator: {reason}")
    return machines


def _announce(configs: list[str], simulator: Simulator) -> None:
    """Says on stderr what building large designs will take, before it is begun."""
    for config in configs:
        if notice := build_notice(load_config(config), simulator):
            say(f"{config}: {notice}")


def _run_name(task: Task) -> str:
    return f"{task.bench}-stalls" if task.stalls else task.bench


def _outcome(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns or the DittosimError that it raises: others are not lost by it."""
    try:
        return function(*arguments)
    except DittosimError as error:
        return error


def _raise_errors(outcomes: list[Any]) -> None:
    """Raises the first error among the outcomes, and says how many more there are."""
    errors = [outcome for outcome in outcomes if isinstance(outcome, DittosimError)]
    if errors:
        more = f" (and {len(errors) - 1} more that did not finish)" if errors[1:] else ""
        raise DittosimError(f"{errors[0]}{more}")


def _verify_workloads(
    workloads: list[str],
    configs: list[str],
    simulator: Simulator,
    seed: int,
    step: int,
    steps: int | None,
    jobs: int,
    json: Path | None,
) -> None:
    """Every workload on every machine in the three modes."""
    machines = _machines(configs, WORKLOAD_BENCH)
    sampled = {workload: run_with_step(workload, step, steps, seed) for workload in workloads}
    names = {workload: run.workload.name for workload, run in sampled.items()}
    require(simulator)
    _announce(configs, simulator)
    points = list(product(machines, names, Mode))
    with progress() as bar:
        arguments = [
            (check_workload, workload, config, mode, simulator, seed, step, steps)
            for config, workload, mode in points
        ]
        runs = in_parallel(jobs, _outcome, arguments, ordered=True)
        outcomes = list(bar.track(runs, total=len(points), description=f"verify on {simulator}"))
    checks = [check for check in outcomes if isinstance(check, WorkloadCheck)]
    rows = [
        Row(f"{names[workload]} {mode}", check.products, check.findings, section=config)
        for (config, workload, mode), check in zip(points, outcomes, strict=True)
        if isinstance(check, WorkloadCheck)
    ]
    differences = sum(check.findings.differences for check in checks)
    if rows and str(json) != "-":
        which = dict.fromkeys(run.describe_step(step) for run in sampled.values())
        title = f"layers at {'; '.join(which)} on {simulator}, seed {seed}"
        print_findings(title, "workload and mode", "pro-\nducts", rows)
    _raise_errors(outcomes)
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
                    "steps": sampled[workload].steps,
                    "step": step,
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


def _verify_layers(
    layers: list[str],
    configs: list[str],
    modes: list[Mode],
    simulator: Simulator,
    seed: int,
    jobs: int,
    json: Path | None,
) -> None:
    """Every layer on every machine in every mode."""
    machines = _machines(configs, WORKLOAD_BENCH)
    points = [
        LayerPoint(layer, config, mode, machine, seed)
        for (config, machine), layer, mode in product(machines.items(), layers, modes)
    ]
    for point in points:
        point.check()
    require(simulator)
    _announce(configs, simulator)
    # Of the paper's machine it takes a while.
    designs = {c: emit(BENCHES[WORKLOAD_BENCH].top, machine) for c, machine in machines.items()}
    with progress() as bar:
        arguments = [(check_layer, point, designs[point.config], simulator) for point in points]
        runs = in_parallel(jobs, _outcome, arguments, ordered=True)
        outcomes = list(bar.track(runs, total=len(points), description=f"verify on {simulator}"))
    findings = [found for found in outcomes if isinstance(found, Findings)]
    rows = [
        Row(f"{point.layer} {point.mode}", found.cycles_compared, found, section=point.config)
        for point, found in zip(points, outcomes, strict=True)
        if isinstance(found, Findings)
    ]
    differences = sum(found.differences for found in findings)
    if rows and str(json) != "-":
        print_findings(f"layers on {simulator}, seed {seed}", "layer and mode", "coun-\nters", rows)
        _print_speed(findings)
    _raise_errors(outcomes)
    write_json(
        json,
        {
            "configurations": {
                config: machine.model_dump(mode="json") for config, machine in machines.items()
            },
            "simulator": simulator.value,
            "seed": seed,
            "differences": differences,
            "layers": [
                {
                    "configuration": point.config,
                    "layer": point.layer,
                    "mode": point.mode.value,
                    **found.model_dump(),
                }
                for point, found in zip(points, findings, strict=True)
            ],
        },
    )
    if differences:
        raise typer.Exit(1)


def _print_speed(findings: list[Findings]) -> None:
    """How fast the Verilog ran."""
    clocked = sum(found.clock_cycles for found in findings)
    if seconds := sum(found.seconds for found in findings):
        console.print(f"{clocked / seconds:,.0f} cycles per second and process")


def _verify_sampling(
    workloads: list[str],
    configs: list[str],
    flows: list[FlowName],
    simulator: Simulator,
    seed: int,
    steps: int | None,
    until: int | None,
    jobs: int,
    json: Path | None,
) -> None:
    """Whole steps of every workload on every machine in every flow."""
    machines = _machines(configs, SAMPLING_BENCH)
    points = sampling_points(workloads, configs, flows, steps, until, seed)
    require(simulator)
    _announce(configs, simulator)
    with progress() as bar:
        arguments = [(check_sampling, point, simulator) for point in points]
        runs = in_parallel(jobs, _outcome, arguments, ordered=True)
        outcomes = list(bar.track(runs, total=len(points), description=f"verify on {simulator}"))
    found = [
        (point, check)
        for point, check in zip(points, outcomes, strict=True)
        if isinstance(check, SamplingCheck)
    ]
    rows = [
        Row(
            f"{name_of(point.workload)} {point.flow}",
            check.steps,
            check.findings,
            section=point.config,
        )
        for point, check in found
    ]
    differences = sum(check.findings.differences for _, check in found)
    if rows and str(json) != "-":
        title = f"sampling on {simulator}, seed {seed}"
        print_findings(title, "workload and flow", "steps", rows)
        _print_speed([check.findings for _, check in found])
    _raise_errors(outcomes)
    write_json(
        json,
        {
            "configurations": {
                config: machine.model_dump(mode="json") for config, machine in machines.items()
            },
            "simulator": simulator.value,
            "seed": seed,
            "differences": differences,
            "runs": points_listing(points, [check for _, check in found]),
        },
    )
    if differences:
        raise typer.Exit(1)
