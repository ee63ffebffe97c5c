"""Every slot that enters a lane FIFO leaves exactly once, in order."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.tile.lane_fifo import LaneFifo
from tb.formal.properties import Properties, implies, stays


class LaneFifoProperties(Properties):
    """All slots, beside a list of the parts that have any left: a slot that leaves is the first one
    of the first part, and is crossed out.
    """

    GIVEN = {
        "oldest_stays": "`oldest` moves on by one, and only when no slot of its row remains",
        "rows_in_order": "a part is not of a row before that of a part inside",
    }
    HOLDS = {
        "offers": "it offers a slot exactly if one is in it whose row may leave",
        "stays": "a slot stays until it is taken",
        "room": "a part without slots is taken at once, others where `fifo_depth` are not inside",
        "order": "the slot that it offers is the first one left, low digits first, and as it came",
        "done": "`done` says that none of row `oldest` is left behind this cycle",
    }
    REACHES = {
        "full": "it takes no more",
        "both": "a part with both digits in each element leaves behind another one",
        "gate": "a slot waits because its row may not leave yet",
    }

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return LaneFifo(config)

    def describe(self, m: Module) -> None:
        config, part, slot = self.config, self.i.payload, self.o.payload
        count, depth = 2 * config.lane_elements, config.fifo_depth
        lefts = [Signal(count, name=f"left{n}") for n in range(depth)]
        parts: list[Any] = [Signal.like(part, name=f"part{n}") for n in range(depth)]
        later = [Signal(count, name=f"later{n}") for n in range(depth)]
        pops, pushes, entering, ends = Signal(), Signal(), Signal(count), Signal()
        rest = Signal(count)
        m.d.comb += [
            pops.eq(self.o.valid & self.o.ready),
            entering.eq(Cat(Cat(e.low != 0, e.high != 0) for e in part.elements)),
            pushes.eq(self.i.valid & self.i.ready & entering.any()),
            rest.eq(Mux(pops, lefts[0] & (lefts[0] - 1), lefts[0])),
            ends.eq(pops & (rest == 0)),
        ]
        for n in range(depth):
            follower = lefts[n + 1] if n + 1 < depth else 0
            m.d.comb += later[n].eq(Mux(ends, follower, rest if n == 0 else lefts[n]))
            m.d.sync += lefts[n].eq(later[n])
            with m.If(ends & (n + 1 < depth)):
                m.d.sync += parts[n].eq(parts[min(n + 1, depth - 1)])
            before = later[n - 1].any() if n else 1
            with m.If(pushes & before & ~later[n].any()):
                m.d.sync += [lefts[n].eq(entering), parts[n].eq(part)]

        first = parts[0]
        expected = Signal.like(slot.digit)
        number, high = Signal(range(config.lane_elements)), Signal()
        for n, element in reversed(list(enumerate(first.elements))):
            for is_high, digit in ((1, element.high), (0, element.low)):
                value: Value = digit
                if config.encoding is Encoding.SIGN_MAGNITUDE:
                    value = Mux(element.negative, -digit, digit)
                with m.If(lefts[0][2 * n + is_high]):
                    m.d.comb += [expected.eq(value), number.eq(n), high.eq(is_high)]
        address = first.index if config.lane_elements == 1 else Cat(number, first.index)
        right = (slot.digit == expected) & (slot.high == high) & (slot.row == first.row)

        oldest_before, oldest_next = Signal.like(self.oldest), Signal.like(self.oldest)
        was_done, begun, last_row = Signal(), Signal(), Signal.like(self.oldest)
        distances = [Signal.like(self.oldest, name=f"distance{n}") for n in range(3)]
        m.d.sync += [oldest_before.eq(self.oldest), was_done.eq(self.done), begun.eq(1)]
        m.d.comb += [
            oldest_next.eq(oldest_before + 1),
            distances[0].eq(part.row - self.oldest),
            distances[1].eq(last_row - self.oldest),
            distances[2].eq(first.row - self.oldest),
        ]
        with m.If(pushes):
            m.d.sync += last_row.eq(part.row)
        of_oldest = Cat(
            left.any() & (one.row == self.oldest)
            for left, one in zip([rest, *lefts[1:]], parts, strict=True)
        )
        may_leave = distances[2] < config.rows_in_flight
        was_behind, leaves_both = Signal(), Signal()
        m.d.sync += [
            was_behind.eq(Mux(ends, lefts[1].any() if depth > 1 else 0, was_behind)),
            leaves_both.eq(was_behind & (leaves_both | lefts[0].all())),
        ]
        valid = self.o.valid
        self.state(
            m,
            "given",
            oldest_stays=implies(
                begun, (self.oldest == oldest_before) | (was_done & (self.oldest == oldest_next))
            ),
            rows_in_order=implies(pushes & lefts[0].any(), distances[0] >= distances[1]),
        )
        self.state(
            m,
            "holds",
            offers=valid == (lefts[0].any() & may_leave),
            stays=stays(m, "o", valid, self.o.ready, slot),
            room=self.i.ready == (~lefts[-1].any() | (entering == 0)),
            order=implies(valid, right & (slot.address == address)),
            done=implies(self.done, ~of_oldest.any()),
        )
        self.state(
            m,
            "reaches",
            full=~self.i.ready,
            both=leaves_both & ends,
            gate=lefts[0].any() & ~valid,
        )
