"""A layout for GTKWave beside a waveform: the design's ports by streams, and what tells of layers.

`gtkwave LAYOUT` opens both: the layout names its waveform.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rtl.emission.emit import Emission

DEVICE = "device"
"""The design, where it is joined to a memory in a top of its own (:mod:`tb.bus.memory_top`)"""
ACCELERATOR, CORE = "ditto_accelerator", "ditto_core"
INSIDE = (
    (
        "queue",
        "queue",
        "ditto_layer_queue",
        (
            *("number", "start", "start_output", "start_vector", "chooses", "leaves"),
            *("ended", "drains"),
        ),
    ),
    (
        "array",
        "sequencer",
        "ditto_sequencer",
        ("start", "running", "waits_weights", "waits_inputs", "waits_results"),
    ),
    ("loads", "receiver", "ditto_receiver", ("tags__valid", "tags__ready", "loaded")),
    ("store", "store", "ditto_store", ("start", "filled", "writes", "drained", "ended")),
    (
        "output stage",
        "output_stage",
        "ditto_output_stage",
        ("start", "active", "configures", "streaming", "writes", "ended"),
    ),
    ("vector unit", "vector", "ditto_vector_unit", ("start", "active", "writes", "ended")),
    ("Defo Unit", "defo", "ditto_defo_unit", ("begins", "ends", "measured", "first", "count")),
)
"""Of the core: a group's name, instance, module, and the ports that it shows"""
BINARY, HEXADECIMAL = "@28", "@22"
GROUP_BEGINS, GROUP_ENDS = "@800200", "@1000200"


def wave_layout(emission: Emission, waveform: Path, layout: Path) -> str:
    """Text of ``layout``, the file that shows ``waveform`` of the design."""
    lines = [
        f'[dumpfile] "{waveform.absolute()}"',
        f'[savefile] "{layout.absolute()}"',
        "[timestart] 0",
        "[size] 1600 900",
        "[signals_width] 300",
        f"[treeopen] {emission.top}.",
    ]
    for group, signals in _groups(emission):
        lines += [GROUP_BEGINS, f"-{group}"]
        for path, width in signals:
            lines += [BINARY, path] if width == 1 else [HEXADECIMAL, f"{path}[{width - 1}:0]"]
        lines += [GROUP_ENDS, f"-{group}"]
    return "\n".join([*lines, ""])


def _groups(emission: Emission) -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """Names of groups, and their signals: paths and widths."""
    modules: Any = emission.manifest["modules"]
    joined = bool(modules[0].get("joined"))
    design, path = (
        (modules[1], f"{emission.top}.{DEVICE}") if joined else (modules[0], emission.top)
    )
    groups: dict[str, list[tuple[str, int]]] = {}
    for port in design["ports"]:
        own = groups.setdefault(_group(port["name"]), [])
        own.append((f"{path}.{port['name']}", port["width"]))
    yield from groups.items()
    core = {ACCELERATOR: f"{path}.core", CORE: path}.get(design["name"])
    if core is None:
        return
    widths = {
        module["name"]: {port["name"]: port["width"] for port in module["ports"]}
        for module in modules
    }
    for group, instance, module, names in INSIDE:
        yield group, [(f"{core}.{instance}.{name}", widths[module][name]) for name in names]


def _group(port: str) -> str:
    """The stream, or the channel of a bus, that a port belongs to."""
    found = re.match(r"([ms]_axi_(?:ar|aw|w|r|b))|(.+)__(?:payload|valid|ready)", port)
    return (found[1] or found[2]) if found else "ports"
