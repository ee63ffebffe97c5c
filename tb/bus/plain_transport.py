"""The driver's transport for long runs: no task runs in the simulator but during an access."""

from typing import Any, Protocol

from cocotb.triggers import FallingEdge, RisingEdge, with_timeout

from golden.errors import DittosimError
from tb.bus.bus_transport import BusTransport
from tb.bus.memory import Memory
from tb.driver import Transport
from tb.harness.clocked import PERIOD_NS


class TimedTransport(Transport, Protocol):
    """A transport that knows when a queue must have ended."""

    limit: int
    """Within how many cycles the interrupt must come: SimTimeoutError otherwise"""


class PlainTransport(BusTransport):
    """Like :class:`tb.bus.bus_transport.BusTransport`, which wakes Python in every cycle.

    ``limit`` is within how many cycles the interrupt must come: SimTimeoutError otherwise.
    """

    def __init__(self, dut: Any, memory: Memory, limit: int = 0) -> None:
        self._dut, self._memory, self.limit = dut, memory, limit
        for name in ("aw", "w", "ar"):
            getattr(dut, f"s_axi_{name}valid").value = 0
        dut.s_axi_bready.value = dut.s_axi_rready.value = 1
        dut.s_axi_wstrb.value = 15

    async def read32(self, address: int) -> int:
        """Reads a register; DittosimError if it is refused."""
        dut = self._dut
        await FallingEdge(dut.clk)
        dut.s_axi_araddr.value = address
        dut.s_axi_arvalid.value = 1
        await FallingEdge(dut.clk)
        dut.s_axi_arvalid.value = 0
        while dut.s_axi_rvalid.value != 1:
            await FallingEdge(dut.clk)
        _check(int(dut.s_axi_rresp.value), "read of", address)
        return dut.s_axi_rdata.value.to_unsigned()

    async def write32(self, address: int, value: int) -> None:
        """Writes a register; DittosimError if it is refused."""
        dut = self._dut
        await FallingEdge(dut.clk)
        dut.s_axi_awaddr.value = address
        dut.s_axi_wdata.value = value
        dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = 1
        await FallingEdge(dut.clk)
        dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = 0
        while dut.s_axi_bvalid.value != 1:
            await FallingEdge(dut.clk)
        _check(int(dut.s_axi_bresp.value), "write to", address)

    async def pause(self) -> None:
        """Returns at the interrupt, at once if it is up."""
        if self._dut.irq.value != 1:
            await with_timeout(RisingEdge(self._dut.irq), self.limit * PERIOD_NS, "ns")


def _check(response: int, what: str, address: int) -> None:
    if response:
        raise DittosimError(f"{what} register {address:#05x} was answered with error {response}")
