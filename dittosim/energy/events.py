"""What takes energy in the machine: events that the Verilog shows and the simulator counts."""

from collections.abc import Mapping, Sequence

from golden.accelerator.counters import KINDS, Counters
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from sim.run.array_events import ArrayEvents

ARRAY_EVENTS = ("slots", "beats", "rows")
"""In the tiles, each counted apart for each mode"""
CYCLES = "cycles"
"""All cycles of a queue"""
VECTOR = "vector compute"
OUTPUT = "words output"
"""Words of results that go through the output stage"""


def array_event(what: str, mode: Mode) -> str:
    """The name of an event of the tiles."""
    return f"{what} {mode.value}"


def word_event(kind: str) -> str:
    """The name of a bus word that moves."""
    return f"words {kind.replace('_', ' ')}"


EVENTS = (
    *(array_event(what, mode) for mode in Mode for what in ARRAY_EVENTS),
    *(word_event(kind) for kind in KINDS),
    OUTPUT,
    VECTOR,
)


def simulated_events(
    counters: Counters, array: Mapping[Mode, ArrayEvents], config: MachineConfig
) -> dict[str, int]:
    """The same as the simulator counts them, with the cycles."""
    found = {CYCLES: counters.cycles}
    for mode in Mode:
        events = array.get(mode, ArrayEvents())
        for what in ARRAY_EVENTS:
            found[array_event(what, mode)] = getattr(events, what)
    for kind in KINDS:
        found[word_event(kind)] = getattr(counters, f"bytes_{kind}") // config.bus_bytes
    found[OUTPUT] = sum(events.outputs for events in array.values())
    found[VECTOR] = counters.vector_compute
    return found


def events_of(names: Sequence[str], *prefixes: str) -> list[str]:
    """Those of ``names`` that begin with one of ``prefixes``."""
    return [name for name in names if name.startswith(prefixes)]
