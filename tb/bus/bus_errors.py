"""What the bus engines must report when a memory refuses a word."""

from typing import Any

from cocotb.triggers import FallingEdge

from golden.machine.bursts import Transfer, split
from golden.machine.config import MachineConfig
from rtl.bus.axi import DECODE_ERROR, SLAVE_ERROR
from tb.bus.memory import Memory
from tb.bus.memory_top import memory_end
from tb.harness.comparison import compare
from tb.harness.task import Findings


class Refusal:
    """A transfer of four words of which the memory of tb/bus/memory.v refuses some."""

    def __init__(self, config: MachineConfig, beyond_end: bool) -> None:
        end, begin = memory_end(config), config.scratchpad_bytes // config.bus_bytes
        first = end - 2 if beyond_end else begin
        self.config = config
        self.transfer = Transfer(first * config.bus_bytes, 4)
        self.fault = None if beyond_end else (begin + 1) * config.bus_bytes
        self.response = DECODE_ERROR if beyond_end else SLAVE_ERROR
        self.places = range(first, first + 4)
        self.refused = {end, end + 1} if beyond_end else {begin + 1}

    @property
    def burst_address(self) -> int:
        """Address of the first burst that is refused."""
        for burst in split(self.transfer, self.config):
            first = burst.address // self.config.bus_bytes
            if self.refused & set(range(first, first + burst.words)):
                return burst.address
        raise ValueError("no word is refused")

    def prepare(self, memory: Memory) -> None:
        """Makes the memory refuse."""
        memory.refuse(self.fault)


ORDERS = {"decode error first": (True, False), "slave error first": (False, True)}
"""Refusals of two kinds, of which the first must be reported: whether each is beyond the end"""


async def check_error(dut: Any, response: int, address: int) -> Findings:
    """Compares the error ports with a refused burst, clears them, and compares again."""
    reported = [int(dut.error.value), int(dut.error_response.value), int(dut.error_address.value)]
    dut.clear_error.value = 1
    await FallingEdge(dut.clk)
    dut.clear_error.value = 0
    reported.append(int(dut.error.value))
    return compare("error", reported, [1, response, address, 0], [], None)
