"""Every slot that enters a lane FIFO leaves exactly once, in order."""

from amaranth.hdl import Cat, Module, Mux, Signal, Value

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from rtl.tile.lane_fifo import LaneFifo
from tb.formal.properties import Properties, implies, stays


class LaneFifoProperties(Properties):
    """Any part of a beat, watched from its push until all of its slots have left."""

    GIVEN = {
        "oldest_stays": "`oldest` moves on by one, and only when no slot of its row remains",
        "rows_in_order": "a part is not of a row before that of a part inside",
    }
    HOLDS = {
        "offers": "it offers a slot only if one is in it, and of a row that may leave",
        "stays": "a slot stays until it is taken",
        "room": "a part without slots is taken at once",
        "order": "the part's slots come after all before it, low digits first, each once, as they are",
        "offered": "while slots of the part are next and its row may leave, one is offered",
        "done": "`done` says that none of the part remains, if it is of row `oldest`",
    }
    REACHES = {
        "full": "it takes no more",
        "all_left": "all slots of a part have left, that came behind others and had both digits",
        "gate": "a slot waits because its row may not leave yet",
    }

    def __init__(self, config: MachineConfig) -> None:
        super().__init__(config, LaneFifo(config))

    def describe(self, m: Module) -> None:
        config, part, slot = self.config, self.i.payload, self.o.payload
        count = 2 * config.lane_elements
        # Entries all full, and one on its way.
        inside = Signal(range(count * (config.fifo_depth + 1) + 1))
        ahead = Signal.like(inside)
        pushes, pops, watched = Signal(), Signal(), Signal()
        left, entering = Signal(count), Signal(count)
        kept = Signal.like(part)
        both, behind = Signal(), Signal()
        m.d.comb += [
            pushes.eq(self.i.valid & self.i.ready),
            pops.eq(self.o.valid & self.o.ready),
            entering.eq(Cat(Cat(e.low != 0, e.high != 0) for e in part.elements)),
        ]
        m.d.sync += inside.eq(inside - pops + Mux(pushes, sum(entering), 0))

        lowest = left & (~left + 1)
        left_now, turn = Signal(count), Signal()
        m.d.comb += [
            turn.eq((left != 0) & (ahead == 0)),
            left_now.eq(Mux(turn & pops, left & ~lowest, left)),
        ]
        m.d.sync += left.eq(left_now)
        with m.If(pops & (ahead != 0)):
            m.d.sync += ahead.eq(ahead - 1)
        with m.If(pushes & self.watch & ~watched):
            m.d.sync += [
                watched.eq(1),
                left.eq(entering),
                kept.eq(part),
                ahead.eq(inside - pops),
                behind.eq(inside - pops != 0),
                both.eq((entering & (entering >> 1))[::2].any()),
            ]

        expected = Signal.like(slot.digit)
        number = Signal(range(config.lane_elements))
        high = Signal()
        for n, element in reversed(list(enumerate(kept.elements))):
            for is_high, digit in ((1, element.high), (0, element.low)):
                value: Value = digit
                if config.encoding is Encoding.SIGN_MAGNITUDE:
                    value = Mux(element.negative, -digit, digit)
                with m.If(left[2 * n + is_high]):
                    m.d.comb += [expected.eq(value), number.eq(n), high.eq(is_high)]
        address = kept.index if config.lane_elements == 1 else Cat(number, kept.index)
        right = (slot.digit == expected) & (slot.high == high) & (slot.row == kept.row)
        distance = Signal.like(self.oldest)
        slot_distance = Signal.like(self.oldest)
        m.d.comb += [
            distance.eq(kept.row - self.oldest),
            slot_distance.eq(slot.row - self.oldest),
        ]
        oldest_before, was_done, begun = Signal.like(self.oldest), Signal(), Signal()
        m.d.sync += [oldest_before.eq(self.oldest), was_done.eq(self.done), begun.eq(1)]
        oldest_next, last_row = Signal.like(self.oldest), Signal.like(self.oldest)
        row_distance, last_distance = Signal.like(self.oldest), Signal.like(self.oldest)
        m.d.comb += [
            oldest_next.eq(oldest_before + 1),
            row_distance.eq(part.row - self.oldest),
            last_distance.eq(last_row - self.oldest),
        ]
        with m.If(pushes & entering.any()):
            m.d.sync += last_row.eq(part.row)
        valid = self.o.valid
        self.state(
            m,
            "given",
            oldest_stays=implies(
                begun, (self.oldest == oldest_before) | (was_done & (self.oldest == oldest_next))
            ),
            rows_in_order=implies(pushes & (inside != 0), row_distance >= last_distance),
        )
        self.state(
            m,
            "holds",
            offers=implies(valid, (inside != 0) & (slot_distance < config.rows_in_flight)),
            stays=stays(m, "o", valid, self.o.ready, slot),
            room=implies(entering == 0, self.i.ready),
            order=implies(turn & valid, right & (slot.address == address)),
            offered=implies(turn & (distance < config.rows_in_flight), valid),
            done=implies(self.done & (left_now != 0), distance != 0),
        )
        self.state(
            m,
            "reaches",
            full=~self.i.ready,
            all_left=watched & (left == 0) & behind & both,
            gate=turn & ~valid,
        )
