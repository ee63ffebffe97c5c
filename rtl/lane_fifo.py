"""The queue of one lane: holds beats, skips what is zero, gives one slot per cycle."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.config import MachineConfig
from golden.encoding import Encoding
from golden.timing import LANE_FIFO_LATENCY
from rtl.layouts import index_shape, lane_beat_layout, row_shape, slot_layout
from rtl.module import RtlModule


class LaneFifo(RtlModule):
    """Lane FIFO with zero skipping: ``fifo_depth`` entries, each one lane's part of a beat.

    Storing whole parts with a bitmap of their slots, and finding the next slot at the output with
    a priority encoder, needs no compaction network at the input.

    Ports: ``i`` takes parts of beats (:func:`rtl.layouts.lane_beat_layout`); one without slots is
    accepted at once, full or not, and leaves no trace. ``o`` gives slots
    (:func:`rtl.layouts.slot_layout`), elements in order, the low digit first; a slot is offered
    only while its row is ``oldest`` or one of the ``rows_in_flight - 1`` that follow it. ``done``
    says that no slot of row ``oldest`` remains after this cycle.

    Throughput one slot per cycle. With n slots in part p, pushed in cycle t[p]:
    ``F[p] = max(F[p-1], t[p], gate) + n`` is the cycle of its last slot, where ``gate`` is the last
    cycle before its row may leave; a push needs ``t[p] > F[p - fifo_depth]``.
    """

    LATENCY = LANE_FIFO_LATENCY
    module_name = "ditto_lane_fifo"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(lane_beat_layout(config))),
                "o": Out(stream.Signature(slot_layout(config))),
                "oldest": In(row_shape(config)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        depth = config.fifo_depth
        entries = [
            Signal(lane_beat_layout(config), name=f"entry{n}", reset_less=True)
            for n in range(depth)
        ]
        valid = Signal(depth)
        head = entries[0]

        slots = Signal(2 * config.lane_elements)
        m.d.comb += slots.eq(Cat(Cat(e.low_slot, e.high_slot) for e in head.elements))
        rest = Signal.like(slots)
        chosen = Signal.like(slots)
        m.d.comb += [rest.eq(slots & (slots - 1)), chosen.eq(slots & ~rest)]

        ahead = Signal(row_shape(config))
        gate_open = Signal()
        pop = Signal()
        leave = Signal()
        m.d.comb += [
            ahead.eq(head.row - self.oldest),
            gate_open.eq(ahead < config.rows_in_flight),
            self.o.valid.eq(valid[0] & gate_open),
            pop.eq(self.o.valid & self.o.ready),
            leave.eq(pop & ~rest.any()),
        ]
        next_is_oldest = valid[1] & (entries[1].row == self.oldest) if depth > 1 else 0
        m.d.comb += self.done.eq(
            Mux(valid[0] & (ahead == 0), leave & ~next_is_oldest, 1)
        )
        self._select(m, head, chosen)

        any_slot = Signal()
        push = Signal()
        m.d.comb += [
            any_slot.eq(Cat(Cat(e.low_slot, e.high_slot) for e in self.i.payload.elements).any()),
            self.i.ready.eq(~valid[-1] | ~any_slot),
            push.eq(self.i.valid & self.i.ready & any_slot),
        ]
        kept = Signal(depth)
        m.d.comb += kept.eq(Mux(leave, valid >> 1, valid))
        m.d.sync += valid.eq(Mux(push, (kept << 1) | 1, kept))
        for n, entry in enumerate(entries):
            follower = entries[n + 1] if n + 1 < depth else self.i.payload
            free_here = ~kept[n] & (kept[n - 1] if n else 1)
            with m.If(push & free_here):
                m.d.sync += entry.eq(self.i.payload)
            with m.Elif(leave):
                m.d.sync += entry.eq(follower)
        with m.If(pop & ~leave):
            for number, element in enumerate(head.elements):
                m.d.sync += [
                    element.low_slot.eq(rest[2 * number]),
                    element.high_slot.eq(rest[2 * number + 1]),
                ]
        return m

    def _select(self, m: Module, head, chosen: Signal) -> None:
        """Drives the payload of ``o`` from the head entry's one ``chosen`` slot."""
        config = self.config
        width = config.encoding.digit_bits
        number = Signal(index_shape(config.lane_elements))
        digit = Signal(signed(width))
        negative = Signal()
        for n, element in enumerate(head.elements):
            with m.If(chosen[2 * n]):
                m.d.comb += [digit.eq(element.low), number.eq(n)]
            with m.If(chosen[2 * n + 1]):
                m.d.comb += [digit.eq(element.high), number.eq(n), self.o.payload.high.eq(1)]
            if config.encoding is Encoding.SIGN_MAGNITUDE:
                with m.If(chosen[2 * n] | chosen[2 * n + 1]):
                    m.d.comb += negative.eq(element.negative)
        address = head.index if config.lane_elements == 1 else Cat(number, head.index)
        m.d.comb += [
            self.o.payload.digit.eq(Mux(negative, -digit, digit)),
            self.o.payload.address.eq(address),
            self.o.payload.row.eq(head.row),
        ]
