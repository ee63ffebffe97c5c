"""What is under way: layers that were started, in the order in which they are counted as done."""

from enum import IntEnum

from amaranth.hdl import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from golden.machine.timing import LAYERS_UNDER_WAY
from rtl.blocks.module import RtlModule

PRODUCTS = 3
"""Loader, sequencer and store: each may be in a product of its own"""


class Kind(IntEnum):
    """Which engine runs a layer: each runs its layers in the order of the queue.

    None runs choices.
    """

    PRODUCT = 0
    VECTOR = 1
    FUSED = 2
    CHOICE = 3


ENGINES = (Kind.PRODUCT, Kind.VECTOR, Kind.FUSED)
"""Kinds that end; a choice has when it begins"""


def count_shape():
    """Of layers under way."""
    return range(LAYERS_UNDER_WAY + 1)


class UnderWay(RtlModule):
    """Layers from their start to the cycle in which they are counted as done.

    Ports: with ``begins`` a layer of ``kind`` starts, which asks for an ``interrupt`` or not.
    ``ended`` has a bit per engine: the oldest layer of that kind is in memory, or has its
    parameters if it is fused. The oldest of all ``retires`` when it ended before or ends in this
    cycle, one in a cycle; ``retired_kind`` and ``retired_interrupt`` are its. None may begin while
    the list is ``full``; it is ``empty`` when nothing is under way. ``products``: those that have
    not ended. ``waiting_products`` and ``waiting_vectors`` have ended before this cycle and not
    retired.
    """

    LATENCY = 0
    module_name = "ditto_under_way"

    def __init__(self) -> None:
        super().__init__(
            {
                "begins": In(1),
                "kind": In(unsigned(2)),
                "interrupt": In(1),
                "ended": In(unsigned(len(ENGINES))),
                "retires": Out(1),
                "retired_kind": Out(unsigned(2)),
                "retired_interrupt": Out(1),
                "empty": Out(1),
                "full": Out(1),
                "products": Out(range(PRODUCTS + 1)),
                "waiting_products": Out(count_shape()),
                "waiting_vectors": Out(count_shape()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        entry = data.StructLayout({"kind": unsigned(2), "interrupt": unsigned(1)})
        entries = [
            Signal(entry, name=f"entry{n}", reset_less=True) for n in range(LAYERS_UNDER_WAY)
        ]
        filled, kept = Signal(LAYERS_UNDER_WAY), Signal(LAYERS_UNDER_WAY)
        oldest = entries[0]
        waiting_fused = Signal(count_shape())
        waiting = [self.waiting_products, self.waiting_vectors, waiting_fused]
        may_retire = Cat(
            *((count != 0) | self.ended[kind] for kind, count in enumerate(waiting)), Const(1, 1)
        )
        m.d.comb += [
            self.retires.eq(filled[0] & may_retire.bit_select(oldest.kind, 1)),
            self.retired_kind.eq(oldest.kind),
            self.retired_interrupt.eq(oldest.interrupt),
            self.empty.eq(~filled[0]),
            self.full.eq(filled[-1]),
            kept.eq(Mux(self.retires, filled >> 1, filled)),
        ]
        started = self.begins & (self.kind == Kind.PRODUCT)
        m.d.sync += [
            filled.eq(Mux(self.begins, (kept << 1) | 1, kept)),
            self.products.eq(self.products + started - self.ended[Kind.PRODUCT]),
        ]
        for kind, count in enumerate(waiting):
            m.d.sync += count.eq(count + self.ended[kind] - (self.retires & (oldest.kind == kind)))
        for n, one in enumerate(entries):
            with m.If(~kept[n]):
                m.d.sync += [one.kind.eq(self.kind), one.interrupt.eq(self.interrupt)]
            with m.Elif(self.retires):
                m.d.sync += one.eq(entries[n + 1] if n + 1 < LAYERS_UNDER_WAY else 0)
        return m
