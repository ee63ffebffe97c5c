"""``dittosim compile``: a workload's steps as descriptors and a memory image."""

from pathlib import Path
from typing import Annotated

import typer

from dittosim.api.compilation import IMAGE_FILE, LISTING_FILE, compile
from dittosim.console import console
from dittosim.files import check_writable, output_folder, write_json
from dittosim.flows import FlowName, machine_flow
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    SeedOption,
    StepOption,
    StepsOption,
    WorkloadArgument,
    output_option,
)
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload


def compile_workload(
    workload: WorkloadArgument,
    config: ConfigOption = "small",
    flow: Annotated[FlowName, typer.Option(help="Execution flow.")] = FlowName.TEMPORAL,
    step: StepOption = 1,
    steps: StepsOption = None,
    seed: SeedOption = 0,
    products: Annotated[
        bool,
        typer.Option(
            "--products",
            help="Only the matrix products of the step, all their operands in the image.",
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Print where each node went (or product is cut), and what it costs."
        ),
    ] = False,
    interrupt_each_layer: Annotated[
        bool,
        typer.Option(
            "--interrupt-each-layer",
            help="Raise the interrupt at the end of each layer, not only of the queue.",
        ),
    ] = False,
    output: Annotated[
        Path | None, output_option("DIR", "Folder for memory image and listing.")
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Compile a workload's denoising steps to queues of descriptors and a memory image.

    The program computes any step from the quantized image to the predicted noise. Products are
    cut in the way that the simulator finds cheapest on --step of a sampling run, of as many steps
    as is usual for the workload or as --steps says; cycles and bytes are of that step. Examples:

    `dittosim compile digits-unet --config small --explain`

    `dittosim compile digits-dit --flow defo -o program`

    In flows in which the machine chooses, the listing has every variant of a choice; costs are
    those of the one that ran.

    With --products only the matrix products of --step, as if the host did all between them; the
    queue begins at the first address of memory. "cut" is blocks of rows x chunks of k x groups of
    channels, "busy" the share of cycles in which passes run:

    `dittosim compile digits-unet --products --explain`
    """
    check_writable(json, force=force)
    machine_flow(flow)
    load_config(config)
    model = load_workload(workload)
    run = Run.of(model, steps, seed=seed)
    run.check_step(step)
    if output:
        output_folder(output, IMAGE_FILE, LISTING_FILE, force=force)
    compiled = compile(
        model,
        config,
        flow,
        step=step,
        steps=steps,
        seed=seed,
        products=products,
        interrupt_each_layer=interrupt_each_layer,
    )
    if output:
        compiled.save(output, force=force)
        console.print(
            f"{output / LISTING_FILE}, {output / IMAGE_FILE}  {len(compiled.memory):,} bytes, "
            f"{compiled.descriptors} descriptors, {run.describe_step(step)}",
            soft_wrap=True,
        )
    if explain or not (output or json):
        for part in compiled.explanation:
            console.print(part)
    write_json(json, compiled.to_dict())
