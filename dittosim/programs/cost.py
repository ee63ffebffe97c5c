"""What images cost on the machine: figures for files, and a table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from dittosim.console import result_table
from golden.accelerator.counters import KINDS, Counters
from golden.step.program import StepProgram
from sim.run.loading import loading_timeline

if TYPE_CHECKING:
    from dittosim.programs.images import Drawing


def moved_bytes(counters: Counters) -> int:
    """All that went to memory or came from it."""
    return sum(counters.memory_bytes(kind) for kind in KINDS)


def near_bytes(counters: Counters) -> int:
    """All that went to the scratchpad or came from it."""
    return sum(counters.scratchpad_bytes(kind) for kind in KINDS)


def loading_figures(program: StepProgram) -> dict[str, int] | None:
    """What it costs to fill the scratchpad, once before the first step; None if nothing does."""
    if program.loading is None:
        return None
    _, counters = loading_timeline(program)
    return {
        "cycles": counters.cycles,
        "bytes": moved_bytes(counters),
        "scratchpad_bytes": near_bytes(counters),
    }


def loading_line(figures: Mapping[str, int]) -> str:
    """The same in words."""
    return (
        f"weights and parameters copied to the scratchpad once, before the first step: "
        f"{figures['scratchpad_bytes']:,} bytes in {figures['cycles']:,} cycles"
    )


def cost_figures(drawings: "Sequence[Drawing]", program: StepProgram) -> dict[str, Any]:
    """Cycles and bytes of every image, differences found, the speed of the simulation."""
    steps = [drawing.counters for drawing in drawings]
    findings = [drawing.findings for drawing in drawings]
    cycles = [sum(one.cycles for one in counters) for counters in steps]
    seconds = sum(drawing.seconds for drawing in drawings)
    return {
        "configuration": program.config.model_dump(mode="json"),
        "configuration_hash": program.config.digest(),
        "cycles": cycles,
        "cycles_by_step": [[one.cycles for one in counters] for counters in steps],
        "cycles_of_vector_layers": [
            sum(one.cycles_vector for one in counters) for counters in steps
        ],
        "bytes": [sum(map(moved_bytes, counters)) for counters in steps],
        "scratchpad_bytes": [sum(map(near_bytes, counters)) for counters in steps],
        "loading": loading_figures(program),
        "bytes_written_by_host_per_step": program.bytes_written_per_step,
        "differences": sum(found.differences for found in findings),
        "first_difference": next((f.first_difference for f in findings if f.differences), ""),
        "cycles_per_second": round(sum(cycles) / seconds) if seconds else 0,
    }


def cost_table(title: str, figures: dict[str, Any]) -> Table:
    """The figures of :func:`cost_figures`, means of all images."""
    table = result_table(title, "", "mean")
    table.show_header = False
    images = max(1, len(figures["cycles"]))
    steps = max(1, sum(map(len, figures["cycles_by_step"])))
    cycles = sum(figures["cycles"])
    vector = sum(figures["cycles_of_vector_layers"])
    table.add_row("cycles per image", f"{cycles / images:,.0f}")
    table.add_row("cycles per step", f"{cycles / steps:,.0f}")
    table.add_row("of them in vector layers, %", f"{100 * vector / max(1, cycles):.1f}")
    table.add_row("MB moved per step", f"{sum(figures['bytes']) / steps / 1e6:,.2f}")
    if near := sum(figures["scratchpad_bytes"]):
        table.add_row("MB in the scratchpad per step", f"{near / steps / 1e6:,.2f}")
    if loading := figures["loading"]:
        table.add_row("cycles to fill the scratchpad, once", f"{loading['cycles']:,}")
    written = figures["bytes_written_by_host_per_step"]
    table.add_row("bytes written by the host per step", f"{written:,}")
    differences = figures["differences"]
    table.add_row("differences", Text(f"{differences:,}", style="red" if differences else ""))
    table.add_row("simulated cycles per second", f"{figures['cycles_per_second']:,}")
    return table
