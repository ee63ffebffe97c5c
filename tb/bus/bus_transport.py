"""The driver's transport in a simulation: cocotbext-axi's AXI4-Lite master, and the memory."""

from collections.abc import Coroutine
from typing import Any, Protocol

import numpy as np
from cocotb.triggers import ClockCycles, FallingEdge, First, RisingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster, AxiResp

from golden.errors import DittosimError
from rtl.registers.register_map import WORD_BYTES
from tb.harness.clocked import PERIOD_NS

PAUSE_CYCLES = 1000
ANSWER_CYCLES = 1000
"""Within which a register must answer: SimTimeoutError otherwise."""


class HostMemory(Protocol):
    """A memory that a bench reaches beside the design: addresses are in bytes, words whole."""

    async def read(self, address: int, count: int) -> Any:
        """``count`` bytes, or a uint8 array of them."""

    async def write(self, address: int, data: np.ndarray) -> None:
        """Writes a uint8 array."""


class BusTransport:
    """Reaches a design with ``s_axi_*`` ports and ``irq``, and its memory.

    Make it after reset (:func:`tb.harness.clocked.start`).
    """

    def __init__(self, dut: Any, memory: HostMemory, pause_cycles: int = PAUSE_CYCLES) -> None:
        self._dut, self._memory, self._pause_cycles = dut, memory, pause_cycles
        self.master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi"), dut.clk, dut.rst)

    async def read32(self, address: int) -> int:
        """Reads a register; DittosimError if it is refused."""
        answer = await _answered(self.master.read(address, WORD_BYTES))
        _check(answer.resp, "read of", address)
        return int.from_bytes(answer.data, "little")

    async def write32(self, address: int, value: int) -> None:
        """Writes a register; DittosimError if it is refused."""
        answer = await _answered(self.master.write(address, value.to_bytes(WORD_BYTES, "little")))
        _check(answer.resp, "write to", address)

    async def read_memory(self, address: int, count: int) -> bytes:
        """Reads whole bus words, in one clock cycle."""
        await FallingEdge(self._dut.clk)
        return bytes(await self._memory.read(address, count))

    async def write_memory(self, address: int, data: bytes) -> None:
        """Writes whole bus words, in one clock cycle."""
        await FallingEdge(self._dut.clk)
        await self._memory.write(address, np.frombuffer(data, np.uint8))

    async def pause(self) -> None:
        """Returns at the interrupt, at once if it is up, or after ``pause_cycles``."""
        if not int(self._dut.irq.value):
            await First(RisingEdge(self._dut.irq), ClockCycles(self._dut.clk, self._pause_cycles))


async def _answered(access: Coroutine[Any, Any, Any]) -> Any:
    return await with_timeout(access, ANSWER_CYCLES * PERIOD_NS, "ns")


def _check(response: AxiResp, what: str, address: int) -> None:
    if response != AxiResp.OKAY:
        raise DittosimError(f"{what} register {address:#05x} was answered {response.name}")
