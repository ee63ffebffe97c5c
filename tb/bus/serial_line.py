"""A serial line in a simulation, bit by bit."""

from typing import Any

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import FallingEdge, RisingEdge, Timer, with_timeout

from tb.bus.serial_transport import SerialTransport
from tb.harness.clocked import PERIOD_NS

BYTE = 8
PATIENCE_BITS = 1000
"""Of silence, after which an answer no longer comes: SimTimeoutError"""


class SerialLine:
    """The host's end of the lines ``rx`` and ``tx`` of a :class:`rtl.fpga.board.Board`.

    ``limit`` is within how many cycles the interrupt must come: SimTimeoutError otherwise.
    """

    def __init__(self, dut: Any, bit_cycles: int, limit: int = 1000) -> None:
        self._dut, self.limit = dut, limit
        self._bit_ns = bit_cycles * PERIOD_NS
        self._received: Queue[int] = Queue()
        dut.rx.value = 1
        cocotb.start_soon(self._listen())

    async def send(self, data: bytes) -> None:
        """Sends bytes, one directly after the other."""
        await self._align()
        for byte in data:
            await self._bits(byte << 1 | 1 << BYTE + 1, BYTE + 2)

    async def hold_low(self) -> None:
        """A break: longer low than any byte is, then high for a bit."""
        await self._align()
        await self._bits(1 << BYTE + 3, BYTE + 4)

    async def _align(self) -> None:
        # Answers end at rising edges, at which nothing may change.
        await FallingEdge(self._dut.clk)

    async def receive(self, count: int) -> bytes:
        """The next ``count`` bytes; SimTimeoutError if one does not come."""
        patience = PATIENCE_BITS * self._bit_ns
        got = [await with_timeout(self._received.get(), patience, "ns") for _ in range(count)]
        return bytes(got)

    async def pause(self) -> None:
        """Returns at the interrupt, at once if it is up."""
        if self._dut.irq.value != 1:
            await with_timeout(RisingEdge(self._dut.irq), self.limit * PERIOD_NS, "ns")

    async def _bits(self, bits: int, count: int) -> None:
        waiting = 0
        level = bits & 1
        for place in range(count):
            if bits >> place & 1 != level:
                await Timer(waiting * self._bit_ns, "ns")
                waiting, level = 0, level ^ 1
            if not waiting:
                self._dut.rx.value = level
            waiting += 1
        await Timer(waiting * self._bit_ns, "ns")

    async def _listen(self) -> None:
        tx = self._dut.tx
        while True:
            await FallingEdge(tx)
            await Timer(self._bit_ns * 3 // 2, "ns")
            byte = 0
            for place in range(BYTE):
                byte |= int(tx.value) << place
                await Timer(self._bit_ns, "ns")
            assert tx.value == 1, "a byte without stop bit"
            self._received.put_nowait(byte)


class BoardTransport(SerialTransport):
    """The transport over such a line, which knows when a queue must have ended."""

    def __init__(self, line: SerialLine) -> None:
        super().__init__(line)
        self._line = line

    @property
    def limit(self) -> int:
        """Cycles within which the interrupt must come: SimTimeoutError otherwise."""
        return self._line.limit

    @limit.setter
    def limit(self, cycles: int) -> None:
        self._line.limit = cycles
