"""Steps whose units were watched, and layers by the names that they are shown under."""

from collections.abc import Sequence
from dataclasses import dataclass

from golden.accelerator.counters import Counters
from golden.difference.matmul import Mode
from golden.step.program import Entry
from sim.run.activity import Busy


@dataclass(frozen=True)
class ShownLayer:
    """A layer that ran."""

    name: str
    node: str
    """Of the graph"""
    mode: Mode | None = None
    """Of a product; of a choice, the one that the machine chose"""


@dataclass(frozen=True)
class StepActivity:
    """A step, and what the units did in it, in cycles from its start."""

    title: str
    queue: str
    layers: Sequence[ShownLayer]
    units: Sequence[Busy]
    counters: Counters


def shown_layers(entries: Sequence[Entry]) -> list[ShownLayer]:
    """Entries as they ran."""
    return [
        ShownLayer(entry.name, entry.node, _mode(entry, following))
        for entry, following in zip(entries, [*entries[1:], None], strict=True)
    ]


def _mode(entry: Entry, following: Entry | None) -> Mode | None:
    """Of a choice the one whose variant ran behind it."""
    if entry.product:
        return entry.product.mode
    chosen = [mode for mode, variant in entry.variants.items() if following in variant[:1]]
    return chosen[0] if chosen else None
