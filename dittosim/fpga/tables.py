"""What a design takes of a device, as tables, and as numbers for --json."""

from typing import Any

from rich.table import Table

from dittosim.console import result_table
from dittosim.fpga.devices import WORDS
from dittosim.fpga.placement import Placement
from dittosim.fpga.synthesis import Netlist, numbers

PINS = "TRELLIS_IO"


def use_table(placement: Placement, title: str) -> Table:
    """Of each resource how many are used, and how many the device has."""
    table = result_table(title, "", "used", "there are", "%")
    for name, word in {**WORDS, PINS: "pins"}.items():
        used, holds = placement.used.get(name, 0), placement.holds.get(name, 0)
        share = f"{100 * used / holds:.0f}" if holds else "-"
        table.add_row(word, f"{used:,}", f"{holds:,}", share)
    return table


def memory_table(netlist: Netlist, title: str) -> Table:
    """What the memories are made of."""
    table = result_table(title, "made of", "number", text="which")
    for kind, number in sorted(numbers(netlist.memories).items()):
        names = [name for name, made in netlist.memories.items() if made == kind]
        table.add_row(kind, f"{number:,}", ", ".join(names))
    return table


def clock_lines(placement: Placement, aim: float) -> list[str]:
    """The fastest clock and its path, in words."""
    if placement.mhz is None:
        return ["no path between registers"]
    verdict = "reaches" if placement.mhz >= aim else "misses"
    lines = [f"clock at most: {placement.mhz:.1f} MHz, {verdict} the aim of {aim:g} MHz"]
    if path := placement.worst:
        lines.append(
            f"worst path: {path.ns:.2f} ns, {path.levels} cells {path.logic_ns:.2f} ns, "
            f"wires {path.routing_ns:.2f} ns, from {path.start} to {path.end}"
        )
        lines.append(f"on its way: {', '.join(path.nets)}")
    return lines


def figures(netlist: Netlist, placement: Placement) -> dict[str, Any]:
    """All of it for --json."""
    return {
        "cells": dict(netlist.cells),
        "memories": dict(netlist.memories),
        "used": dict(placement.used),
        "there_are": {name: placement.holds[name] for name in placement.used},
        "fastest_mhz": placement.mhz,
        "worst_path": vars(placement.worst) if placement.worst else None,
    }
