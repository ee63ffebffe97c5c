"""A cocotb bench of the design of tests/tb/harness/test_blocks.py."""

from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge


@cocotb.test()
async def adds_one_twice(dut: Any) -> None:
    Clock(dut.clk, 10, unit="ns").start(start_high=False)
    given = [5, 250, 255, 0, 17]
    found = []
    for value in [*given, 0]:
        dut.i.value = value
        await FallingEdge(dut.clk)
        found.append(dut.o.value.to_unsigned())
    assert found[1:] == [(value + 2) % 256 for value in given]
