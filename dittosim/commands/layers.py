"""``dittosim layers``: layers of a topology or a model on the machine."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from dittosim.console import console, progress, result_table
from dittosim.files import (
    check_writable,
    output_folder,
    say_written,
    write_json,
    write_text,
    write_whole,
)
from dittosim.layers.models.products import products
from dittosim.layers.models.shipped import MODELS
from dittosim.layers.models.table import counted
from dittosim.layers.onnx_model import read_onnx
from dittosim.layers.reports import ACCESS, BANDWIDTH, COMPUTE, report_texts
from dittosim.layers.shapes import NamedShape
from dittosim.layers.timing import TimedLayer, time_layer
from dittosim.layers.topology import read_topology, topology_text
from dittosim.options import (
    ConfigOption,
    ForceOption,
    JsonOption,
    SeedOption,
    output_option,
    text_option,
)
from dittosim.programs.cost import moved_bytes
from golden.accelerator.counters import CAUSES, KINDS
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import load_config

READERS = {".csv": read_topology, ".onnx": read_onnx}


def layers(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Topology of SCALE-Sim (.csv), model (.onnx), or a model of the papers by name: "
            f"{', '.join(MODELS)}.",
        ),
    ],
    config: ConfigOption = "small",
    mode: Annotated[Mode, typer.Option(help="What operands are differenced against.")] = Mode.ACT,
    seed: SeedOption = 0,
    output: Annotated[
        Path | None,
        output_option(
            "DIR",
            f"Also write SCALE-Sim's reports to this folder: {COMPUTE}, {BANDWIDTH}, {ACCESS}.",
        ),
    ] = None,
    topology: Annotated[
        Path | None,
        text_option("--topology", "Time none: write the layers, as SCALE-Sim reads them,"),
    ] = None,
    only_list: Annotated[bool, typer.Option("--list", help="List the layers; time none.")] = False,
    json: JsonOption = None,
    force: ForceOption = False,
) -> None:
    """Time layers of given shapes on the machine, each alone, from memory to memory.

    Topologies are SCALE-Sim's: a line of names, then a layer a line, either seven numbers of a
    convolution or M, N, K of a matrix product. Of an ONNX model all convolutions and matrix
    products are taken. Activations are random, on dense tiles without influence; elsewhere they
    resemble those of a denoising step. Cycles are exact. In mode temporal self attention of the
    papers' models takes two products. Examples:

    `dittosim layers sdm --list`

    `dittosim layers resnet18.csv -c docs/machines/dense-32x32.toml -o reports`
    """
    machine = load_config(config)
    for written in (json, topology):
        check_writable(written, force=force)
    shapes = _read(file, mode)
    if topology or only_list:
        if output:
            raise DittosimError("-o: reports are of layers that are timed; leave it out")
        _show_untimed(file, shapes, topology, only_list, json)
        return
    if output:
        output_folder(output, COMPUTE, BANDWIDTH, ACCESS, force=force)
    found = []
    # Equal layers take equal cycles: the same seed draws the same activations.
    timed: dict[LayerShape, TimedLayer] = {}
    with progress() as bar:
        task = bar.add_task(f"layers of {file.name}", total=len(shapes))
        for shape in shapes:
            if shape.shape not in timed:
                timed[shape.shape] = time_layer(shape, mode, machine, seed)
            found.append(replace(timed[shape.shape], layer=shape))
            bar.advance(task)
    console.print(_table(f"{file.name} on {config} ({mode}), each layer alone", found))
    write_json(
        json,
        {
            "file": str(file),
            "mode": mode.value,
            "configuration": machine.model_dump(mode="json"),
            "configuration_hash": machine.digest(),
            "layers": [_figures(one) for one in found],
        },
    )
    if output:
        for name, text in report_texts(found).items():
            write_whole(output / name, text)
            say_written(output / name)


def _read(file: Path, mode: Mode) -> list[NamedShape]:
    """The layers of a file, or of a model by name."""
    if str(file) in MODELS:
        return list(products(MODELS[str(file)].layers(), mode))
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise DittosimError(
            f"{file}: neither a topology (.csv), nor a model (.onnx), nor one of the papers' "
            f"({', '.join(MODELS)})"
        )
    return reader(file)


def _show_untimed(
    file: Path, shapes: list[NamedShape], topology: Path | None, listed: bool, json: Path | None
) -> None:
    if topology:
        write_text(topology, topology_text(shapes))
    if listed:
        console.print(_list_table(file.name, shapes))
        if str(file) in MODELS:
            console.print(_counts_line(str(file)), soft_wrap=True)
    sizes = [{**_sizes(one), "macs": one.macs} for one in shapes]
    write_json(json, {"file": str(file), "layers": sizes})


def _list_table(title: str, shapes: Sequence[NamedShape]) -> Table:
    table = result_table(title, "layer", "rows", "k", "columns", "number", "million\nMAC")
    for one in shapes:
        shape = one.shape
        cells = (f"{n:,}" for n in (shape.rows, shape.k, shape.columns, one.count))
        table.add_row(one.name, *cells, f"{one.macs / 1e6:,.2f}")
    table.add_section()
    macs = sum(one.macs for one in shapes)
    table.add_row(f"all {len(shapes)}", "", "", "", "", f"{macs / 1e6:,.2f}")
    return table


def _counts_line(name: str) -> str:
    counts = counted(MODELS[name].layers())
    kinds = ", ".join(f"{number} {kind}" for kind, number in counts.layers.items())
    return (
        f"{sum(counts.layers.values())} layers ({kinds}); {counts.weights / 1e6:,.1f} M weights; "
        f"{counts.macs / 1e9:,.2f} GMAC, self attention {counts.macs_self / 1e9:,.2f}, cross "
        f"{counts.macs_cross / 1e9:,.3f}; inputs {counts.inputs / 1e6:,.1f} M, outputs "
        f"{counts.outputs / 1e6:,.1f} M, scores {counts.scores / 1e6:,.1f} M"
    )


def _table(title: str, found: list[TimedLayer]) -> Table:
    several = any(one.layer.count > 1 for one in found)
    numbers = ("number",) if several else ()
    columns = ("rows", "k", "columns", *numbers, "cycles", "computing\n%", "busy\n%", "MB")
    table = result_table(title, "layer", *columns)
    for one in found:
        shape, number = one.layer.shape, (one.layer.count,) if several else ()
        table.add_row(
            one.layer.name,
            *(f"{n:,}" for n in (shape.rows, shape.k, shape.columns, *number, one.cycles)),
            f"{100 * one.counters.cycles_compute / one.counters.cycles:.1f}",
            f"{_busy([one]):.1f}",
            f"{one.layer.count * moved_bytes(one.counters) / 1e6:,.2f}",
        )
    table.add_section()
    moved = sum(one.layer.count * moved_bytes(one.counters) for one in found)
    computing = sum(one.layer.count * one.counters.cycles_compute for one in found)
    cycles = sum(one.cycles for one in found)
    share = f"{100 * computing / cycles:.1f}"
    empty = [""] * (3 + several)
    figures = (f"{cycles:,}", share, f"{_busy(found):.1f}", f"{moved / 1e6:,.2f}")
    table.add_row("all", *empty, *figures)
    return table


def _busy(found: list[TimedLayer]) -> float:
    """Multiply-accumulates over multipliers times cycles, in percent."""
    multipliers = found[0].multipliers
    return 100 * sum(one.layer.macs for one in found) / multipliers / sum(o.cycles for o in found)


def _figures(one: TimedLayer) -> dict[str, object]:
    shape: NamedShape = one.layer
    return {
        **_sizes(shape),
        "macs": shape.macs,
        "cycles": one.cycles,
        "causes": {each: shape.count * getattr(one.counters, f"cycles_{each}") for each in CAUSES},
        "bytes": {each: shape.count * one.counters.memory_bytes(each) for each in KINDS},
    }


def _sizes(layer: NamedShape) -> dict[str, object]:
    shape = layer.shape
    return {
        "name": layer.name,
        "rows": shape.rows,
        "k": shape.k,
        "columns": shape.columns,
        "number": layer.count,
    }
