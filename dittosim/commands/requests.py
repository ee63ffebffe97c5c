"""``dittosim requests``: what a step asks DRAM for, as a trace."""

from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console
from dittosim.files import check_writable, write_json, write_text
from dittosim.flows import FlowName, machine_flow
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    SeedOption,
    StepsOption,
    WorkloadArgument,
    output_option,
)
from dittosim.programs.request_forms import Form
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload


def requests(
    workload: WorkloadArgument,
    config: ConfigOption,
    output: Annotated[Path, output_option("F", "The trace; - for stdout.")],
    form: Annotated[
        Form, typer.Option(help="Simulator that is to read it: DRAMsim3, or Ramulator 2.")
    ] = Form.DRAMSIM3,
    flow: Annotated[FlowName, typer.Option(help="Execution flow.")] = FlowName.TEMPORAL,
    step: Annotated[int, typer.Option(min=0, help="Denoising step; the first is 0.")] = 1,
    steps: StepsOption = None,
    seed: SeedOption = 0,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Write every access of a step to DRAM as a trace that DRAM simulators read.

    The machine must be on DRAM (docs/dram.md). A line is an access of the size that a column
    command moves, in the order in which the controller comes to know of it: for DRAMsim3 with the
    tick of the DRAM's clock, for Ramulator 2 (its frontend LoadStoreTrace) without. Example:

    `dittosim requests digits-unet -c docs/machines/ddr4.toml -o ddr4.trace`
    """
    if str(output) == str(json):
        raise DittosimError(f"--output and --json must not both name {output}")
    mode = machine_flow(flow)
    machine = load_config(config)
    if machine.dram is None:
        raise DittosimError(
            f"{config}: the machine is on no DRAM, whose accesses could be listed; give a "
            'configuration with one, such as dram = "ddr4-2400"'
        )
    run = Run.of(load_workload(workload), steps, seed=seed)
    run.check_step(step)
    for path in (output, json):
        check_writable(path, force=force)
    from dittosim.programs.requests import requests_of_step, trace_text

    found = requests_of_step(run, workload, machine, mode, step)
    write_text(output, trace_text(found, form))
    writes = int(found[:, 2].sum())
    console.print(
        f"{run.workload.name} ({flow.value}) on {config}, step {step} of {run.steps}: "
        f"{len(found):,} accesses of {machine.dram.timing.access_bytes} bytes, {writes:,} of "
        f"them writes, in {found[-1, 0]:,} ticks of {machine.dram.timing.tck_ps} ps",
        soft_wrap=True,
    )
    write_json(
        json,
        {
            "workload": run.workload.name,
            "flow": flow.value,
            "configuration": machine.model_dump(mode="json"),
            "configuration_hash": machine.digest(),
            "step": step,
            "steps": run.steps,
            "seed": seed,
            "accesses": len(found),
            "access_bytes": machine.dram.timing.access_bytes,
            "reads": len(found) - writes,
            "writes": writes,
            "last_tick": int(found[-1, 0]),
            "tick_ps": machine.dram.timing.tck_ps,
        },
    )
