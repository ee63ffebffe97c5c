import json
from pathlib import Path

import numpy as np
import pytest

from dittosim.energy.gates import Source, read_gates
from dittosim.silicon.liberty import Cell, Library
from golden.errors import DittosimError


def cell(
    name: str, functions: dict[str, str], flip_flop: bool = False, latch: bool = False
) -> Cell:
    return Cell(name, 1.0, flip_flop, latch, True, functions, {})


CELLS = {
    "INV": cell("INV", {"Y": "!A"}),
    "XOR": cell("XOR", {"Y": "A ^ B"}),
    "FF": cell("FF", {"Q": "IQ", "QN": "IQN"}, flip_flop=True),
    "LATCH": cell("LATCH", {"Q": "IQ"}, latch=True),
}
LIBRARY = Library("test", CELLS, CELLS["INV"], 1.0, 1.0)


def design(**cells: dict) -> dict:
    """A register that toggles with ``enable``, whose inverse goes to a child."""
    return {
        "modules": {
            "ditto_t": {
                "ports": {
                    "clk": {"direction": "input", "bits": [2]},
                    "enable": {"direction": "input", "bits": [3, 9]},
                    "o": {"direction": "output", "bits": [5]},
                },
                "cells": {
                    "child": {
                        "type": "ditto_child",
                        "port_directions": {"i": "input", "o": "output"},
                        "connections": {"i": [6, "1"], "o": [10]},
                    },
                    "late": {"type": "XOR", "connections": {"A": [4], "B": [7], "Y": [5]}},
                    "_ff_": {
                        "type": "FF",
                        "connections": {"D": [5], "CK": [2], "Q": [4], "QN": [6]},
                    },
                    "first": {"type": "INV", "connections": {"A": [8], "Y": [7]}},
                    "zero": {"type": "INV", "connections": {"A": [3], "Y": [8]}},
                    **cells,
                },
                "netnames": {
                    "state": {"hide_name": 0, "bits": [4]},
                    "part.state": {"hide_name": 0, "bits": [4]},
                    "_5_": {"hide_name": 0, "bits": [5]},
                    "enable": {"hide_name": 0, "bits": [3, 9]},
                },
            }
        }
    }


def read(tmp_path: Path, **cells: dict):
    path = tmp_path / "t.json"
    path.write_text(json.dumps(design(**cells)))
    return read_gates(path, "ditto_t", LIBRARY)


def test_what_is_recorded(tmp_path: Path) -> None:
    gates = read(tmp_path)
    assert gates.sources == [
        Source("enable", 0, 2),
        Source("enable", 1, 2),
        Source("child.o", 0, 1),
        Source("state", 0, 1),
    ]
    assert gates.drivers[4] == "_ff_/Q"
    assert gates.drivers[9] == "enable[1]"
    assert gates.next_states == {4: (5, False)}


def test_every_net(tmp_path: Path) -> None:
    gates = read(tmp_path)
    enable, state = np.array([0b0011], np.uint64), np.array([0b0101], np.uint64)
    values = gates.evaluate(dict(zip(gates.sources, (enable, enable, enable, state), strict=True)))
    assert int(values[5][0]) == 0b0110
    assert int(values[6][0]) & 0b1111 == 0b1010
    assert [gates.outputs["child.i"], int(values["1"][0]) & 1] == [[6, "1"], 1]


def test_a_loop(tmp_path: Path) -> None:
    loop = {
        "a": {"type": "INV", "connections": {"A": [21], "Y": [20]}},
        "b": {"type": "INV", "connections": {"A": [20], "Y": [21]}},
    }
    with pytest.raises(DittosimError, match="ditto_t: what drives a net"):
        read(tmp_path, **loop)


def test_a_latch(tmp_path: Path) -> None:
    with pytest.raises(DittosimError, match="latches cannot be replayed"):
        read(tmp_path, l={"type": "LATCH", "connections": {"D": [3], "G": [2], "Q": [30]}})


def test_a_register_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(DittosimError, match="no name in the Verilog"):
        read(tmp_path, f={"type": "FF", "connections": {"D": [3], "CK": [2], "Q": [31]}})
