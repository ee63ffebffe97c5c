"""The reports of SCALE-Sim, with what its columns mean on this machine.

A topology's equal layers, such as channels of a depthwise convolution, have one line.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from dittosim.layers.timing import TimedLayer
from golden.machine.config import ACCUMULATOR_BITS

COMPUTE, BANDWIDTH, ACCESS = (
    "COMPUTE_REPORT.csv",
    "BANDWIDTH_REPORT.csv",
    "DETAILED_ACCESS_REPORT.csv",
)
_COMPUTE = (
    *("LayerID", "Total Cycles (incl. prefetch)", "Total Cycles", "Stall Cycles"),
    *("Overall Util %", "Mapping Efficiency %", "Compute Util %"),
)
_BANDWIDTH = (
    "LayerID",
    *(
        f"Avg {what} {where} BW"
        for where in ("SRAM", "DRAM")
        for what in ("IFMAP", "FILTER", "OFMAP")
    ),
)
_ACCESS = (
    "LayerID",
    *(
        f"{where} {what} {each}"
        for where in ("SRAM", "DRAM")
        for what, does in (("IFMAP", "Reads"), ("Filter", "Reads"), ("OFMAP", "Writes"))
        for each in ("Start Cycle", "Stop Cycle", does)
    ),
)


def report_texts(layers: Sequence[TimedLayer]) -> dict[str, str]:
    """The text of each report by the name of its file."""
    return {
        COMPUTE: _text(_COMPUTE, map(compute_row, layers)),
        BANDWIDTH: _text(_BANDWIDTH, map(bandwidth_row, layers)),
        ACCESS: _text(_ACCESS, map(access_row, layers)),
    }


def compute_row(layer: TimedLayer) -> list[float]:
    """Cycles and shares of multipliers.

    With prefetch: all cycles; without: from the first pass to the end of the last. Stalls: those of
    them in which no pass runs. Mapping efficiency: share of multipliers with an element while
    lanes have any, were every element to take a cycle; compute utilization: over the cycles of
    passes. On tiles that skip they can exceed 100.
    """
    c, count = layer.counters, layer.layer.count
    peak = layer.macs * 100 / layer.multipliers
    return [
        layer.cycles,
        count * layer.array_cycles,
        count * (layer.array_cycles - c.cycles_compute),
        peak / layer.array_cycles,
        peak / layer.busy_cycles,
        peak / c.cycles_compute,
    ]


def accesses(layer: TimedLayer) -> dict[str, tuple[int, int, int]]:
    """First and last cycle and number of elements of each kind, of one of the equal layers.

    On chip: inputs as tiles take them, weights as multipliers do, sums as tiles give them. Of
    memory references count as inputs, previous sums as results.
    """
    plan, time, c = layer.run.plan, layer.timeline, layer.counters
    config = plan.config
    begin, end = time.starts[0], time.ends[-1]
    rows = layer.run.plan.shape.rows
    columns = config.columns * sum(plan.tiles(group) for group in range(plan.groups))
    chip = {
        "SRAM IFMAP": (begin, end, layer.events.beats * config.beat_elements),
        "SRAM Filter": (begin, end, layer.events.slots * config.columns),
        "SRAM OFMAP": (begin, end, rows * columns * plan.chunks),
    }
    loads = time.loads
    spans = {
        "DRAM IFMAP": [load for load in loads if load[0] in ("inputs", "references")],
        "DRAM Filter": [load for load in loads if load[0] == "weights"],
    }
    moved = {
        "DRAM IFMAP": c.bytes_inputs + c.bytes_references,
        "DRAM Filter": c.bytes_weights,
    }
    memory = {
        name: (min(asked for _, asked, _ in found), max(last for _, _, last in found), moved[name])
        for name, found in spans.items()
    }
    stores = time.stores
    sums = (c.bytes_results + c.bytes_previous) // (ACCUMULATOR_BITS // 8)
    memory["DRAM OFMAP"] = min(at for at, _, _ in stores), max(at for _, _, at in stores), sums
    return {**chip, **memory}


def bandwidth_row(layer: TimedLayer) -> list[float]:
    """Elements a cycle: on chip over all cycles of the array, of memory from first to last."""
    found = accesses(layer)
    return [
        count / (layer.array_cycles if name.startswith("SRAM") else stop - start + 1)
        for name, (start, stop, count) in found.items()
    ]


def access_row(layer: TimedLayer) -> list[float]:
    """When accesses begin and end, and how many elements they are."""
    return [each for found in accesses(layer).values() for each in found]


def _text(head: Sequence[str], rows: Iterable[Sequence[float]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=",\n")
    writer.writerow([head[0], *(f" {name}" for name in head[1:])])
    for number, row in enumerate(rows):
        cells = (f" {each}" if isinstance(each, int) else f" {each:.10g}" for each in row)
        writer.writerow([number, *cells])
    return out.getvalue()
