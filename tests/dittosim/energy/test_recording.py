from pathlib import Path

import numpy as np
import pytest

from dittosim.energy.gates import Gate, Gates, Source
from dittosim.energy.recording import activity, macros_of, slices
from dittosim.silicon.design import Memory
from golden.errors import DittosimError
from tb.probe.recorder import Slice, read_signals

TOP = "ditto_accelerator_with_memory.device"
D, Q = Source("d", 0, 1), Source("count", 3, 4)
GATES = Gates(
    name="ditto_t",
    inputs={1: D},
    registers={2: Q},
    inverses={},
    next_states={2: (3, False)},
    outputs={"ram.WR_EN": [1, 1], "ram.WR_CLK": [9], "ram.RD_EN": ["1"], "ram.RD_CLK": [9]},
    drivers={1: "d", 2: "_1_/Q", 3: "_2_/Y"},
    ports=frozenset({1}),
    gates=[Gate("_2_", "Y", "A ^ B", {"A": 1, "B": 2}, 3)],
)


def write(folder: Path, name: str, d: str, q: str) -> None:
    lines = (f"{int(a) + 2 * int(b):x}\n" for a, b in zip(d, q, strict=True))
    (folder / f"{TOP}.{name}").write_text("".join(lines))


def test_changes_by_hand(tmp_path: Path) -> None:
    """A register that toggles when d is 1; two instances, two windows of six cycles."""
    write(tmp_path, "a", "110010" + "000000", "010001" + "111111")
    write(tmp_path, "b", "000000" + "111111", "000000" + "010101")
    found = activity(GATES, tmp_path, ["a", "b"], 2)
    assert found.changes[1] == pytest.approx([3 / 5 / 2, 0])
    assert found.changes[2] == pytest.approx([3 / 5 / 2, 5 / 5 / 2])
    # Their exclusive or is 100011 and 111111; 000000 and 101010.
    assert found.changes[3] == pytest.approx([2 / 5 / 2, 5 / 5 / 2])
    assert found.accesses["ram", "RD"] == pytest.approx([1, 1])
    assert found.accesses["ram", "WR"] == pytest.approx([3 / 6 / 2, 6 / 6 / 2])


def test_many_words(tmp_path: Path) -> None:
    """Windows need not be whole words of 64 cycles."""
    rng = np.random.default_rng(1)
    d = rng.integers(0, 2, (3, 150))
    q = np.zeros_like(d)
    for cycle in range(149):
        q[:, cycle + 1] = d[:, cycle] ^ q[:, cycle]
    write(tmp_path, "a", "".join(map(str, d.ravel())), "".join(map(str, q.ravel())))
    found = activity(GATES, tmp_path, ["a"], 3)
    assert found.changes[1] == pytest.approx(np.abs(np.diff(d)).mean(axis=1))
    assert found.changes[2] == pytest.approx(np.abs(np.diff(q)).mean(axis=1))


def test_a_register_that_does_not_follow(tmp_path: Path) -> None:
    write(tmp_path, "a", "110010", "010011")
    with pytest.raises(DittosimError, match="ditto_t: register count does not follow"):
        activity(GATES, tmp_path, ["a"], 1)


def test_a_damaged_recording(tmp_path: Path) -> None:
    (tmp_path / f"{TOP}.a").write_text("1\n2\n1")
    with pytest.raises(DittosimError, match="the recording of a is damaged"):
        read_signals(tmp_path, ["a"], 2)
    with pytest.raises(DittosimError, match="the recording of b is damaged"):
        read_signals(tmp_path, ["b"], 2)


def test_wide_lines(tmp_path: Path) -> None:
    (tmp_path / f"{TOP}.a").write_text("1a5\n0ff\n")
    bits = read_signals(tmp_path, ["a"], 9)
    assert bits.tolist() == [
        [[int(bit) for bit in f"{value:09b}"[::-1]] for value in (0x1A5, 0x0FF)]
    ]


IL = """\
module \\ditto_t
  cell \\memory_256x8_1r1w \\bank
    connect \\RD_ADDR \\a
    connect \\RD_DATA \\shown
  end
end
"""


def test_macros_and_slices() -> None:
    macros = macros_of(IL)
    assert [(name, one.memory, one.shows) for name, one in macros.items()] == [
        ("bank", Memory(8, 256, 1, 1), "shown")
    ]
    data = {10 + bit: Source("bank.RD_DATA", bit, 8) for bit in range(8)}
    gates = Gates("ditto_t", {1: D, **data}, {2: Q}, {}, {}, {}, {}, frozenset(), [])
    assert slices(gates, macros) == [
        Slice("d", 0, 0, 1),
        Slice("shown", 0, 7, 8),
        Slice("count", 3, 3, 4),
    ]
