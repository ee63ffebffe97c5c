"""The queue of one lane: holds beats, skips what is zero, gives one slot per cycle."""

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import ENCODING_TILES, TileKind
from golden.machine.timing import LANE_FIFO_LATENCY
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import index_shape, lane_beat_layout, row_shape, slot_layout


class LaneFifo(RtlModule):
    """Lane FIFO with zero skipping: ``fifo_depth`` entries, each one lane's part of a beat.

    Storing whole parts with a bitmap of their slots, and finding the next slot at the output with
    a priority encoder, needs no compaction network at the input.

    Which digits are slots is the tile's kind (:class:`golden.machine.tile_kind.TileKind`).

    Ports: ``i`` takes parts of beats (:func:`rtl.tile.layouts.lane_beat_layout`); one without slots
    is accepted at once, full or not, and leaves no trace. ``o`` gives slots
    (:func:`rtl.tile.layouts.slot_layout`), elements in order, the low digit first; a slot is
    offered only while its row is ``oldest`` or one of the ``rows_in_flight - 1`` that follow it.
    ``done`` says that no slot of row ``oldest`` remains after this cycle.

    Throughput one slot per cycle. With n slots in part p, pushed in cycle t[p]:
    ``F[p] = max(F[p-1], t[p], gate) + n`` is the cycle of its last slot, where ``gate`` is the last
    cycle before its row may leave; a push needs ``t[p] > F[p - fifo_depth]``.
    """

    LATENCY = LANE_FIFO_LATENCY
    module_name = "ditto_lane_fifo"
    tiles = ENCODING_TILES

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

        slots = Signal(2 * config.lane_elements, reset_less=True)
        rest = Signal.like(slots)
        chosen = Signal.like(slots)
        below = _any_below(m, slots)
        m.d.comb += [rest.eq(slots & below), chosen.eq(slots & ~below)]

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
        m.d.comb += self.done.eq(Mux(valid[0] & (ahead == 0), leave & ~next_is_oldest, 1))
        self._select(m, head, chosen)

        any_slot = Signal()
        push = Signal()
        m.d.comb += [
            any_slot.eq(_slots(self.i.payload, config.tile).any()),
            self.i.ready.eq(~valid[-1] | ~any_slot),
            push.eq(self.i.valid & self.i.ready & any_slot),
        ]
        kept = Signal(depth)
        m.d.comb += kept.eq(Mux(leave, valid >> 1, valid))
        m.d.sync += valid.eq(Mux(push, (kept << 1) | 1, kept))
        for n, entry in enumerate(entries):
            follower = entries[n + 1] if n + 1 < depth else self.i.payload
            with m.If(~kept[n]):
                m.d.sync += entry.eq(self.i.payload)
            with m.Elif(leave):
                m.d.sync += entry.eq(follower)
        with m.If(~kept[0]):
            m.d.sync += slots.eq(_slots(self.i.payload, config.tile))
        with m.Elif(leave):
            follower = entries[1] if depth > 1 else self.i.payload
            m.d.sync += slots.eq(_slots(follower, config.tile))
        with m.Elif(pop):
            m.d.sync += slots.eq(rest)
        return m

    def _select(self, m: Module, head, chosen: Signal) -> None:
        """Drives the payload of ``o`` from the head entry's one ``chosen`` slot."""
        config = self.config
        low_chosen, high_chosen = chosen[::2], chosen[1::2]
        element_chosen = Signal(config.lane_elements)
        digit = Signal(signed(config.digit_bits))
        negative = Signal()
        lows = _one_hot_mux(low_chosen, [element.low for element in head.elements])
        highs = _one_hot_mux(high_chosen, [element.high for element in head.elements])
        m.d.comb += [element_chosen.eq(low_chosen | high_chosen), digit.eq(lows | highs)]
        if config.encoding is Encoding.SIGN_MAGNITUDE:
            negatives = Cat(element.negative for element in head.elements)
            m.d.comb += negative.eq((element_chosen & negatives).any())
        number = Signal(index_shape(config.lane_elements))
        m.d.comb += number.eq(
            _one_hot_mux(
                element_chosen, [Const(n, number.shape()) for n in range(config.lane_elements)]
            )
        )
        address = head.index if config.lane_elements == 1 else Cat(number, head.index)
        m.d.comb += [
            self.o.payload.digit.eq(Mux(negative, -digit, digit)),
            self.o.payload.high.eq(high_chosen.any()),
            self.o.payload.address.eq(address),
            self.o.payload.row.eq(head.row),
        ]


def _one_hot_mux(chosen: Value, values: list) -> Value:
    """The one of ``values`` whose bit of ``chosen`` is set, 0 if none is."""
    masked = [Mux(bit, value, 0) for bit, value in zip(chosen, values, strict=True)]
    while len(masked) > 1:
        pairs = [a | b for a, b in zip(masked[::2], masked[1::2], strict=False)]
        masked = pairs + masked[len(pairs) * 2 :]
    return masked[0]


def _slots(part, tile: TileKind) -> Value:
    """Which digits of one lane's part of a beat are slots."""
    match tile:
        case TileKind.BIT_WIDTH:
            return Cat(Cat(1, element.high.any()) for element in part.elements)
        case TileKind.SPARSITY:
            zero = [~(element.low.any() | element.high.any()) for element in part.elements]
            return ~Cat(each.replicate(2) for each in zero)
        case _:
            return Cat(Cat(element.low.any(), element.high.any()) for element in part.elements)


def _any_below(m: Module, bits: Signal) -> Signal:
    """For each bit, whether a lower one is set; a prefix network, of logarithmic depth."""
    reach = Signal.like(bits, name="below1")
    m.d.comb += reach.eq(bits << 1)
    step = 1
    while step < len(bits):
        farther = Signal.like(bits, name=f"below{2 * step}")
        m.d.comb += farther.eq(reach | (reach << step))
        reach, step = farther, 2 * step
    return reach
