"""Remembers the bursts that are in flight."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.timing import BURST_QUEUE_LATENCY
from rtl.blocks.module import RtlModule
from rtl.bus.axi import burst_layout


class BurstQueue(RtlModule):
    """A queue of ``depth`` bursts, the oldest first.

    Ports: ``i`` and ``o``, streams of bursts (:func:`rtl.bus.axi.burst_layout`). ``i.ready`` comes
    from a register: a place left in cycle c can be taken from c + 1 on. Throughput one burst per
    cycle.
    """

    LATENCY = BURST_QUEUE_LATENCY

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.module_name = f"ditto_burst_queue_{depth}"
        super().__init__(
            {
                "i": In(stream.Signature(burst_layout())),
                "o": Out(stream.Signature(burst_layout())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entries = [
            Signal(burst_layout(), name=f"entry{n}", reset_less=True) for n in range(self.depth)
        ]
        valid = Signal(self.depth)
        kept = Signal(self.depth)
        leave = Signal()
        enter = Signal()
        m.d.comb += [
            self.o.valid.eq(valid[0]),
            self.o.payload.eq(entries[0]),
            self.i.ready.eq(~valid[-1]),
            leave.eq(valid[0] & self.o.ready),
            enter.eq(self.i.valid & self.i.ready),
            kept.eq(Mux(leave, valid >> 1, valid)),
        ]
        m.d.sync += valid.eq(Mux(enter, (kept << 1) | 1, kept))
        for n, entry in enumerate(entries):
            with m.If(~kept[n]):
                m.d.sync += entry.eq(self.i.payload)
            with m.Elif(leave):
                m.d.sync += entry.eq(entries[n + 1] if n + 1 < self.depth else self.i.payload)
        return m
