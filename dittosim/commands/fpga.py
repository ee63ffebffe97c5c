"""``dittosim fpga``: a machine in a field-programmable gate array."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from dittosim.console import console, progress
from dittosim.files import (
    check_writable,
    json_text,
    say_written,
    whole_folder,
    write_json,
    write_whole,
)
from dittosim.fpga.design import BOARD, design_of
from dittosim.fpga.devices import check_fit, device_of
from dittosim.fpga.placement import CONFIGURATION, LOG, REPORT, pack, place
from dittosim.fpga.synthesis import DESIGN, synthesize
from dittosim.fpga.tables import clock_lines, figures, memory_table, use_table
from dittosim.fpga.tools import versions
from dittosim.options import ConfigOption, ForceOption, JsonOption, SeedOption, output_option
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.reading import read_text

MOST_MHZ = 1000
"""More than any ECP5 reaches"""


def fpga(
    config: ConfigOption = "tiny",
    top: Annotated[
        str,
        typer.Option(
            metavar="M",
            help="board: accelerator, memory and serial line; or a module out of context, by the "
            "name that generate takes, or that the Verilog has.",
        ),
    ] = BOARD,
    device: Annotated[str, typer.Option(metavar="D", help="ECP5 device: 25k, 45k or 85k.")] = "85k",
    package: Annotated[str, typer.Option(metavar="P", help="Its package.")] = "CABGA381",
    speed: Annotated[
        int, typer.Option(min=6, max=8, help="Its speed grade; 8 is the fastest.")
    ] = 6,
    clock: Annotated[
        float,
        typer.Option(
            "--frequency", metavar="MHZ", help="Clock to aim at; of the board, that of its pin."
        ),
    ] = 100.0,
    seed: SeedOption = 1,
    memory: Annotated[
        int, typer.Option(metavar="KIB", min=4, help="Memory of the board, a power of two.")
    ] = 128,
    baud: Annotated[
        int, typer.Option(min=1, help="Bits per second of the board's serial line.")
    ] = 1_000_000,
    pins: Annotated[
        Path | None,
        typer.Option(metavar="F", help="Pins of the board: an LPF file; any pins if absent."),
    ] = None,
    output: Annotated[
        Path | None,
        output_option("DIR", "Folder for bitstream and reports."),
    ] = None,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Place and route a machine on an ECP5: what it takes, its clock, a bitstream.

    Yosys maps the Verilog, nextpnr places and routes it, ecppack makes the bitstream. It takes
    minutes to half an hour. Examples:

    `dittosim fpga -o fpga`

    `dittosim fpga --frequency 25 --pins docs/fpga/ulx3s.lpf -o fpga`

    `dittosim fpga --top pe --device 25k`
    """
    check_writable(json, force=force)
    machine, target = load_config(config), device_of(device, package)
    if not 0 < clock <= MOST_MHZ:
        raise DittosimError(f"--frequency {clock:g}: must be above 0 and at most {MOST_MHZ} MHz")
    wanted = read_text(pins, "LPF file") if pins else None
    tools = versions()
    name, verilog = design_of(top, machine, memory, clock, baud)
    files: list[Path] = []
    with ExitStack() as stack:
        kept = stack.enter_context(whole_folder(output, force=force)) if output else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dittosim-fpga-")))
        bar = stack.enter_context(progress())
        task = bar.add_task(f"map {name}", total=None)
        netlist = synthesize(name, verilog, folder)
        check_fit(name, netlist.needs(), target)
        bar.update(task, description=f"place {name}")
        alone = top != BOARD
        placed = place(
            target, package, speed, clock, seed, folder, pins=wanted, out_of_context=alone
        )
        found = {
            "configuration": config,
            "configuration_hash": machine.digest(),
            "top": name,
            "device": target.name,
            "package": package,
            "speed": speed,
            "out_of_context": alone,
            "aim_mhz": clock,
            "seed": seed,
            "tools": tools,
            **figures(netlist, placed),
        }
        if kept:
            if not alone:
                pack(folder, f"{name}.bit")
            _keep(kept, folder, name)
            write_whole(kept / f"{name}.json", json_text(found))
            files = sorted(kept.iterdir())
    where = "out of context" if alone else package
    console.print(use_table(placed, f"{name} of {config} on {target.name}, {where}"))
    if netlist.memories:
        console.print(memory_table(netlist, "memories"))
    for line in clock_lines(placed, clock):
        console.print(line)
    console.print(", ".join(tools.values()))
    if output:
        say_written(*(output / path.name for path in files))
    write_json(json, found)


def _keep(kept: Path, folder: Path, name: str) -> None:
    """The files of a placed design, by the names that they are to have."""
    names = {
        DESIGN: f"{name}.v",
        CONFIGURATION: f"{name}.config",
        REPORT: f"{name}.timing.json",
        LOG: f"{name}.log",
        f"{name}.bit": f"{name}.bit",
    }
    for made, called in names.items():
        if (folder / made).exists():
            write_whole(kept / called, (folder / made).read_bytes())
