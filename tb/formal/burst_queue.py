"""The queue of bursts keeps what it takes, in order."""

from amaranth.hdl import Module, Signal

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.burst_queue import BurstQueue
from tb.formal.properties import Properties, implies, stays


class BurstQueueProperties(Properties):
    """Any burst that enters, watched until it leaves."""

    GIVEN = {}
    HOLDS = {
        "offers_stay": "what it offers stays until it is taken",
        "room": "it has room unless `depth` bursts are in it",
        "content": "it offers a burst exactly if one is in it",
        "order": "a burst leaves after those before it, and as it came",
    }
    REACHES = {"full": "it is full", "leaves": "a burst leaves that came behind another one"}

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return BurstQueue(config.outstanding_reads)

    def describe(self, m: Module) -> None:
        depth = self.config.outstanding_reads
        enters, leaves = Signal(), Signal()
        inside, ahead = Signal(range(depth + 2)), Signal(range(depth + 2))
        watched, ended, was_behind = Signal(), Signal(), Signal()
        burst = Signal.like(self.i.payload.as_value())
        m.d.comb += [
            enters.eq(self.i.valid & self.i.ready),
            leaves.eq(self.o.valid & self.o.ready),
        ]
        m.d.sync += inside.eq(inside + enters - leaves)
        with m.If(enters & self.watch & ~watched):
            m.d.sync += [
                watched.eq(1),
                burst.eq(self.i.payload),
                ahead.eq(inside - leaves),
                was_behind.eq(inside - leaves != 0),
            ]
        with m.If(watched & leaves):
            m.d.sync += ahead.eq(ahead - 1)
            with m.If(ahead == 0):
                m.d.sync += ended.eq(1)
        turn = watched & ~ended & (ahead == 0)
        self.state(
            m,
            "holds",
            offers_stay=stays(m, "o", self.o.valid, self.o.ready, self.o.payload),
            room=self.i.ready == (inside < depth),
            content=self.o.valid == (inside != 0),
            order=implies(turn, self.o.valid & (self.o.payload.as_value() == burst)),
        )
        self.state(m, "reaches", full=~self.i.ready, leaves=ended & was_behind)
