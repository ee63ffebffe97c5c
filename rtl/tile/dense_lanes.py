"""What stands before the lanes of a dense tile: subtracts, hands out all elements in turn."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from golden.formats.elements import DIFFERENCE_BITS
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.machine.timing import DENSE_LANES_LATENCY
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import beat_layout, index_shape, lane_group_layout


class DenseLanes(RtlModule):
    """Holds a beat of differences, of which all lanes take one in every cycle.

    Ports: ``i`` takes beats (:func:`rtl.tile.layouts.beat_layout`), ``o`` gives ``lane_elements``
    groups of each (:func:`rtl.tile.layouts.lane_group_layout`), whatever their values. Elements
    from ``count`` on become zero.

    Throughput one group per cycle; a beat is taken in the cycle in which the last group of the one
    before it leaves: ``leave[g] = max(accept + LATENCY, leave[g-1] + 1)`` without stalls.
    """

    LATENCY = DENSE_LANES_LATENCY
    module_name = "ditto_dense_lanes"
    tiles = (TileKind.DENSE,)

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(beat_layout(config))),
                "o": Out(stream.Signature(lane_group_layout(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        lanes, groups = config.lanes, config.lane_elements
        differences = Signal(
            data.ArrayLayout(signed(DIFFERENCE_BITS), config.beat_elements), reset_less=True
        )
        beat = self.i.payload
        incoming = [
            Signal(signed(DIFFERENCE_BITS), name=f"incoming{n}")
            for n in range(config.beat_elements)
        ]
        for n, difference in enumerate(incoming):
            subtracted = beat.x[n] - beat.reference[n]
            m.d.comb += difference.eq(Mux(n < beat.count, subtracted, 0))
        index = Signal(index_shape(config.max_beats), reset_less=True)
        last = Signal(reset_less=True)
        group = Signal(range(groups), name="group") if groups > 1 else None
        ends = Signal()
        m.d.comb += [
            ends.eq(group == groups - 1 if group is not None else 1),
            self.i.ready.eq(~self.o.valid | (self.o.ready & ends)),
            self.o.payload.last.eq(last & ends),
            self.o.payload.differences.eq(differences.as_value()[: lanes * DIFFERENCE_BITS]),
        ]
        address = [index] if group is None else [group, index]
        m.d.comb += self.o.payload.address.eq(Cat(*address))
        with m.If(self.o.valid & self.o.ready & ~ends):
            shifted = differences.as_value() >> lanes * DIFFERENCE_BITS
            m.d.sync += differences.eq(shifted)
            if group is not None:
                m.d.sync += group.eq(group + 1)
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
            m.d.sync += [index.eq(self.i.payload.index), last.eq(self.i.payload.last)]
            if group is not None:
                m.d.sync += group.eq(0)
            for number, difference in enumerate(incoming):
                m.d.sync += differences[number].eq(difference)
        return m
