"""What every instance of a module did in recorded cycles, as activities of its netlist's nets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dittosim.energy.gates import Gates, Net, Source
from dittosim.silicon.design import Memory
from golden.errors import DittosimError
from tb.probe.recorder import Slice, read_signals

WORD = 64
"""Cycles in a word of bits"""
_MACRO = re.compile(
    r"^  cell \\memory_(\d+)x(\d+)_(\d+)r(\d+)w (\S+)\n(.*?)^  end\n", re.MULTILINE | re.DOTALL
)
_READ = re.compile(r"^    connect \\RD_DATA \\(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class UsedMacro:
    """A memory macro in a module."""

    memory: Memory
    shows: str
    """The signal that has what was read"""


def macros_of(il: str) -> dict[str, UsedMacro]:
    """The memory macros of a module by their names, from its RTLIL."""
    found = {}
    for depth, width, reads, writes, name, body in _MACRO.findall(il):
        (signal,) = _READ.findall(body)
        memory = Memory(int(width), int(depth), int(reads), int(writes))
        found[name.removeprefix("\\")] = UsedMacro(memory, signal.removeprefix("\\"))
    return found


def slices(gates: Gates, macros: Mapping[str, UsedMacro]) -> list[Slice]:
    """What a recorder is to write: :attr:`Gates.sources` in their order.

    ``macros`` are those of :func:`macros_of`.
    """
    found: list[Slice] = []
    for source in gates.sources:
        child, _, port = source.name.rpartition(".")
        name = macros[child].shows if port == "RD_DATA" and child in macros else source.name
        last = found[-1] if found else None
        if last and (last.name, last.high) == (name, source.bit - 1):
            found[-1] = Slice(name, last.low, source.bit, source.width)
        else:
            found.append(Slice(name, source.bit, source.bit, source.width))
    return found


@dataclass(frozen=True)
class Activity:
    """How the nets of a module's instances changed, on average, in each window.

    All arrays are float64 (windows,).
    """

    changes: Mapping[int, np.ndarray]
    """Of each net, in a cycle"""
    accesses: Mapping[tuple[str, str], np.ndarray]
    """Of each memory macro (its name, ``RD`` or ``WR``) in a cycle"""


def activity(gates: Gates, folder: Path, paths: Sequence[str], windows: int) -> Activity:
    """Reads the recordings of the instances at ``paths`` and replays them on the gates."""
    sources = gates.sources
    signals = read_signals(folder, paths, len(sources))
    instances, cycles, _ = signals.shape
    length = cycles // windows
    recorded = _packed(signals.reshape(instances, windows, length, -1), sources)
    values = gates.evaluate(recorded)
    _check(gates, values, _mask(length - 1))
    changes = {}
    mask = _mask(length - 1)
    for net in gates.drivers:
        if net in values:
            bits = values[net]
            changes[net] = _ones(bits ^ _later(bits), mask) / (length - 1)
    accesses = {}
    for port, nets in gates.outputs.items():
        macro, _, name = port.rpartition(".")
        side, _, what = name.partition("_")
        if what == "EN" and side in ("RD", "WR") and f"{macro}.{side}_CLK" in gates.outputs:
            used = _any(values, nets)
            accesses[macro, side] = _ones(used, _mask(length)) / length
    return Activity(changes, accesses)


def _check(gates: Gates, values: Mapping[Net, np.ndarray], mask: np.ndarray) -> None:
    """DittosimError if a register does not take what the replayed netlist gives it."""
    for net, (taken, inverted) in gates.next_states.items():
        expected = ~values[taken] if inverted else values[taken]
        if _ones(expected ^ _later(values[net]), mask).any():
            raise DittosimError(
                f"{gates.name}: register {gates.registers[net].name} does not follow the "
                "replayed netlist"
            )


def _later(bits: np.ndarray) -> np.ndarray:
    """What the next cycle has; behind the last one there is 0."""
    after = bits >> np.uint64(1)
    after[..., :-1] |= bits[..., 1:] << np.uint64(WORD - 1)
    return after


def _packed(signals: np.ndarray, sources: Sequence[Source]) -> dict[Source, np.ndarray]:
    """64 cycles a word: uint64 (instances, windows, words) for each source."""
    instances, windows, length, _ = signals.shape
    words = -(-length // WORD)
    padded = np.zeros((len(sources), instances, windows, words * WORD), np.uint8)
    padded[..., :length] = np.moveaxis(signals, -1, 0)
    packed = np.packbits(padded, axis=-1, bitorder="little").view(np.uint64)
    return dict(zip(sources, packed, strict=True))


def _mask(cycles: int) -> np.ndarray:
    """Words whose first ``cycles`` bits are set."""
    words = np.zeros(-(-max(cycles, 1) // WORD) * WORD, np.uint8)
    words[:cycles] = 1
    return np.packbits(words, bitorder="little").view(np.uint64)


def _ones(bits: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """On average over instances, float64 (windows,)."""
    cut = bits[..., : len(mask)] & mask
    return np.bitwise_count(cut).sum(axis=-1, dtype=np.int64).mean(axis=0)


def _any(values: Mapping[Net, np.ndarray], nets: Sequence[Net]) -> np.ndarray:
    found = values[nets[0]]
    for net in nets[1:]:
        found = found | values[net]
    return found
