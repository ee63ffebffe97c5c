import json
from typing import Any

import pytest

from dittosim.fpga.placement import WorstPath, own_name, read_report
from golden.errors import DittosimError


def step(kind: str, delay: float, cell: str, to: str, net: str = "") -> dict[str, Any]:
    named = {"net": net} if net else {}
    ends = {"from": {"cell": cell, "port": "Q"}, "to": {"cell": to, "port": "D"}}
    return {"type": kind, "delay": delay, **ends, **named}


STEPS = [
    step("clk-skew", 0.1, "core.a_TRELLIS_FF_Q_3", "core.b.c_TRELLIS_FF_Q"),
    step("clk-to-q", 0.5, "core.a_TRELLIS_FF_Q_3", "core.a_TRELLIS_FF_Q_3"),
    step("routing", 1.0, "core.a_TRELLIS_FF_Q_3", "core.x_LUT4_Z", "core.a[3]"),
    step("logic", 0.25, "core.x_LUT4_Z", "core.x_LUT4_Z"),
    step("routing", 0.5, "core.x_LUT4_Z", "core.b.c_LUT4_Z_1", "core.x_LUT4_Z_D[1]"),
    step("logic", 0.25, "core.b.c_LUT4_Z_1", "core.b.c_LUT4_Z_1"),
    step("routing", 0.4, "core.b.c_LUT4_Z_1", "core.b.c_TRELLIS_FF_Q", "core.x_CCU2C_S0_COUT"),
    step("setup", 0.0, "core.b.c_TRELLIS_FF_Q", "core.b.c_TRELLIS_FF_Q"),
]


def report(**changes: Any) -> str:
    path = {"from": "posedge clk", "to": "posedge clk", "path": STEPS}
    pins = {"from": "<async>", "to": "posedge clk", "path": [step("routing", 9, "a", "b", "a")]}
    found = {
        "utilization": {
            "TRELLIS_COMB": {"used": 12, "available": 100},
            "DP16KD": {"used": 0, "available": 5},
        },
        "fmax": {"clk": {"achieved": 333.3, "constraint": 100.0}},
        "critical_paths": [pins, path],
    }
    return json.dumps(found | changes)


def test_use_clock_and_worst_path() -> None:
    found = read_report(report())
    assert found.used == {"TRELLIS_COMB": 12}
    assert found.holds == {"TRELLIS_COMB": 100, "DP16KD": 5}
    assert found.mhz == 333.3
    # The path from a pin is longer, and no matter of the clock.
    assert found.worst == WorstPath(
        ns=3.0,
        logic_ns=1.0,
        routing_ns=2.0,
        start="core.a",
        end="core.b.c",
        levels=2,
        nets=["core.a[3]", "core.x"],
    )


def test_the_slowest_clock_counts() -> None:
    clocks = {name: {"achieved": mhz} for name, mhz in (("a", 50.0), ("b", 20.0), ("c", 80.0))}
    assert read_report(report(fmax=clocks)).mhz == 20.0


def test_no_registers() -> None:
    found = read_report(report(fmax={}, critical_paths=[]))
    assert (found.mhz, found.worst) == (None, None)


@pytest.mark.parametrize("text", ["", "[]", "{}", report(utilization=3), report(fmax=[1])])
def test_another_report(text: str) -> None:
    with pytest.raises(DittosimError, match="another version"):
        read_report(text)


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("core.loader.need[3]", "core.loader.need[3]"),
        ("core.loader.need_TRELLIS_FF_Q_4_DI_LUT4_Z", "core.loader.need"),
        ("core.ram.words.0.3", "core.ram.words"),
        ("core.queue.$signal$61_TRELLIS_FF_Q_4_DI_LUT4_Z_B", "core.queue"),
        ("q[0]$TRELLIS_IO_OUT", "q[0]"),
    ],
)
def test_names_are_those_of_the_verilog(name: str, own: str) -> None:
    assert own_name(name) == own
