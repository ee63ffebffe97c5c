"""Silicon figures as tables, and as numbers for --json."""

from typing import Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.silicon.machine import Silicon
from dittosim.silicon.timing import TimedPath, Timing


def module_table(silicon: Silicon, title: str) -> Table:
    """Every module: its own area, clock and energy, and its area with all that is in it."""
    table = result_table(
        title,
        "module",
        "number",
        "um2",
        "with all in it",
        "cells",
        "flip-flops",
        "ns",
        "ns, registers",
        "pJ a cycle",
        "leakage, uW",
    )
    for name in _order(silicon):
        netlist, timing = silicon.modules[name].netlist, silicon.modules[name].timing
        table.add_row(
            name.removeprefix("ditto_"),
            f"{silicon.design.instances[name]:,}",
            f"{netlist.area_um2:,.0f}",
            f"{silicon.area_um2(name):,.0f}",
            f"{sum(netlist.cells.values()):,}",
            f"{netlist.flip_flops:,}",
            _ns(timing.worst if timing else None),
            _ns(timing.registers if timing else None),
            f"{timing.cycle_pj:.3f}" if timing else "-",
            f"{timing.leakage_uw:.3g}" if timing else "-",
        )
    return table


def path_table(silicon: Silicon) -> Table:
    """The worst path of each module, the slowest first."""
    table = result_table("worst path of each module", "module", "ns", text="from register or port")
    table.columns[-1].header = "from, to"
    paths = {
        name: timing.worst for name, timing in _timings(silicon).items() if timing.worst is not None
    }
    for name in sorted(paths, key=lambda each: -paths[each].ns):
        path = paths[name]
        table.add_row(name.removeprefix("ditto_"), f"{path.ns:.2f}", f"{path.start} -> {path.end}")
    return table


def memory_table(silicon: Silicon, title: str) -> Table:
    """The macros of each size."""
    table = result_table(
        title,
        "words x bits",
        "read, write ports",
        "number",
        "um2 each",
        "pJ a read",
        "pJ a write",
        "ns",
        "leakage, uW",
        text="from",
    )
    for memory, (count, macro) in silicon.memories.items():
        table.add_row(
            f"{memory.depth:,} x {memory.width}",
            f"{memory.reads}, {memory.writes}",
            f"{count:,}",
            f"{macro.area_um2:,.0f}",
            f"{macro.read_pj:.2f}",
            f"{macro.write_pj:.2f}",
            f"{macro.access_ns:.2f}",
            f"{macro.leakage_uw:,.0f}",
            macro.origin.value,
        )
    return table


def total_table(runs: list[Silicon], clock_ns: float | None, accesses: float, title: str) -> Table:
    """What each aim gives for the whole."""
    table = result_table(title, "", *(f"for {run.aim.value}" for run in runs))
    totals = [total(run, clock_ns, accesses) for run in runs]
    rows = (
        ("logic, mm2", "logic_um2", 1e-6, ".4f"),
        ("memories, mm2", "memories_um2", 1e-6, ".4f"),
        ("cells", "cells", 1, ",.0f"),
        ("flip-flops", "flip_flops", 1, ",.0f"),
        ("slowest module, ns", "slowest_ns", 1, ".3f"),
        ("clock at most, MHz", "fastest_mhz", 1, ".0f"),
        ("power at a clock of, ns", "clock_ns", 1, ".3f"),
        ("logic, switching, mW", "logic_mw", 1, ".3f"),
        ("logic, leakage, mW", "logic_leakage_mw", 1, ".3g"),
        ("memories, accesses, mW", "memories_mw", 1, ".3f"),
        ("memories, leakage, mW", "memories_leakage_mw", 1, ".3f"),
    )
    for label, key, scale, form in rows:
        cells = ("-" if one[key] is None else format(one[key] * scale, form) for one in totals)
        table.add_row(label, *cells)
    return table


def total(silicon: Silicon, clock_ns: float | None, accesses: float) -> dict[str, Any]:
    """Figures of the whole; power at ``clock_ns``, or at the fastest clock."""
    slowest = silicon.slowest()
    fastest = slowest[1].ns if slowest else None
    clock = clock_ns or fastest
    return {
        "logic_um2": silicon.area_um2(silicon.design.top),
        "memories_um2": silicon.memory_area_um2(),
        "cells": silicon.cells(),
        "flip_flops": silicon.flip_flops(),
        "slowest_module": slowest[0] if slowest else None,
        "slowest_ns": fastest,
        "fastest_mhz": 1000 / fastest if fastest else None,
        "clock_ns": clock,
        "logic_mw": silicon.cycle_pj() / clock if clock else None,
        "logic_leakage_mw": silicon.leakage_uw() / 1000,
        "memories_mw": silicon.memory_cycle_pj(accesses) / clock if clock else None,
        "memories_leakage_mw": silicon.memory_leakage_uw() / 1000,
    }


def figures(silicon: Silicon, clock_ns: float | None, accesses: float) -> dict[str, Any]:
    """All of it for --json."""
    return {
        "total": total(silicon, clock_ns, accesses),
        "modules": {
            name: {
                "number": silicon.design.instances[name],
                "children": dict(silicon.design.modules[name].children),
                "um2": one.netlist.area_um2,
                "um2_with_all_in_it": silicon.area_um2(name),
                "cells": dict(sorted(one.netlist.cells.items())),
                "flip_flops": one.netlist.flip_flops,
                "worst": _path(one.timing.worst if one.timing else None),
                "registers": _path(one.timing.registers if one.timing else None),
                "cycle_pj": one.timing.cycle_pj if one.timing else 0.0,
                "leakage_uw": one.timing.leakage_uw if one.timing else 0.0,
            }
            for name, one in silicon.modules.items()
        },
    }


def memory_figures(silicon: Silicon) -> list[dict[str, Any]]:
    """The macros for --json."""
    return [
        {**vars(memory), "number": count, **vars(macro), "origin": macro.origin.value}
        for memory, (count, macro) in silicon.memories.items()
    ]


def netlist_texts(runs: list[Silicon]) -> dict[str, str]:
    """Of each module and aim the netlist, children and memories as cells, by the name of the file.

    The modules of one aim together are the whole, but for its memories.
    """
    return {
        one.netlist.file.name: one.netlist.file.read_text()
        for run in runs
        for one in run.modules.values()
    }


def report_texts(runs: list[Silicon]) -> dict[str, str]:
    """OpenSTA's reports, by the name of the file."""
    return {
        f"{name}.{run.aim.value}.txt": timing.report
        for run in runs
        for name, timing in _timings(run).items()
    }


def _timings(silicon: Silicon) -> dict[str, Timing]:
    return {name: one.timing for name, one in silicon.modules.items() if one.timing}


def _order(silicon: Silicon) -> list[str]:
    """Of the modules, the largest first."""
    return sorted(silicon.modules, key=lambda name: -silicon.area_um2(name))


def _ns(path: TimedPath | None) -> str:
    return f"{path.ns:.2f}" if path else "-"


def _path(path: TimedPath | None) -> dict[str, Any] | None:
    return vars(path) if path else None
