"""A serial line: bytes with a start bit and a stop bit, the lowest bit first, no parity."""

from amaranth.hdl import Cat, Const, Module, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from rtl.blocks.module import RtlModule

BYTE = 8
LEAST_BIT_CYCLES = 4
"""Below it the middle of a bit cannot be told from its edges."""


class UartReceiver(RtlModule):
    """Takes bytes from a line on which a bit lasts ``bit_cycles`` clock cycles.

    Ports: ``rx``, the line, not synchronous; ``arrived``, high for a cycle in which ``data`` is a
    byte; ``broken``, high for a cycle where a byte has no stop bit, as when the line is held low.
    Nothing can make it wait: bytes come every ``10 * bit_cycles`` cycles at most.
    """

    module_name = "ditto_uart_receiver"

    def __init__(self, bit_cycles: int) -> None:
        self.bit_cycles = bit_cycles
        super().__init__(
            {"rx": In(1), "arrived": Out(1), "data": Out(unsigned(BYTE)), "broken": Out(1)}
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first, line = (Signal(name=name, init=1) for name in ("first", "line"))
        wait = Signal(range(self.bit_cycles))
        bits = Signal(range(BYTE))
        m.d.sync += [first.eq(self.rx), line.eq(first), wait.eq(wait - 1)]
        with m.FSM():
            with m.State("idle"):
                # Half a bit from here is the middle of the start bit.
                m.d.sync += wait.eq(self.bit_cycles // 2 - 1)
                with m.If(~line):
                    m.next = "start"
            with m.State("start"), m.If(wait == 0):
                m.d.sync += [wait.eq(self.bit_cycles - 1), bits.eq(BYTE - 1)]
                m.next = "data"
                with m.If(line):
                    m.next = "idle"
            with m.State("data"), m.If(wait == 0):
                m.d.sync += [
                    wait.eq(self.bit_cycles - 1),
                    bits.eq(bits - 1),
                    self.data.eq(Cat(self.data[1:], line)),
                ]
                with m.If(bits == 0):
                    m.next = "stop"
            with m.State("stop"), m.If(wait == 0):
                m.d.comb += [self.arrived.eq(line), self.broken.eq(~line)]
                m.next = "rest"
            with m.State("rest"), m.If(line):
                m.next = "idle"
        return m


class UartTransmitter(RtlModule):
    """Sends bytes on a line on which a bit lasts ``bit_cycles`` clock cycles.

    Ports: ``i``, a stream of bytes, of which it takes one every ``10 * bit_cycles + 1`` cycles;
    ``tx``, the line, from a register, high at rest.
    """

    module_name = "ditto_uart_transmitter"

    def __init__(self, bit_cycles: int) -> None:
        self.bit_cycles = bit_cycles
        super().__init__({"i": In(stream.Signature(unsigned(BYTE))), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        left = Signal(range(BYTE + 3))
        wait = Signal(range(self.bit_cycles))
        coming = Signal(BYTE + 1)
        m.d.comb += self.i.ready.eq(left == 0)
        m.d.sync += wait.eq(wait - 1)
        with m.If(self.i.ready & self.i.valid):
            m.d.sync += [
                self.tx.eq(0),
                coming.eq(Cat(self.i.payload, Const(1, 1))),
                left.eq(BYTE + 2),
                wait.eq(self.bit_cycles - 1),
            ]
        with m.Elif(~self.i.ready & (wait == 0)):
            # With the last turn the stop bit has lasted as long as it must.
            m.d.sync += [
                self.tx.eq(coming[0]),
                coming.eq(Cat(coming[1:], Const(1, 1))),
                left.eq(left - 1),
                wait.eq(self.bit_cycles - 1),
            ]
        return m
