"""The control of the vector engine: which sweep goes over a block, and where it is."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import VECTOR_SWEEP_LATENCY
from golden.vector.descriptor import Op
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import vector_layout
from rtl.tile.layouts import index_shape
from rtl.vector.elements import ROW_BITS
from rtl.vector.layouts import SLOTS, Sweep

FIRST_SWEEPS = {
    Op.SCALE: Sweep.SCALE,
    Op.SUM: Sweep.SUM,
    Op.PRODUCT: Sweep.PRODUCT,
    Op.PIXELS: Sweep.STATISTICS,
    Op.SOFTMAX: Sweep.MAXIMUM,
}


class VectorControl(RtlModule):
    """Sends every row of elements of a block through the lanes, once per sweep of its operation.

    Ports: ``start`` begins ``layer``, which is stable from then on. ``loaded`` says that a half of
    the buffers is filled; when its block has been read, it is ``freed``; when all results are
    written, unless the block only took statistics, a half of the output is ``filled``, until that
    is ``drained``. ``slot`` is the half that is read, ``output_slot`` the one that is written.

    A block whose elements pass the lanes once is read while the one before is still in them.

    ``issue`` says that a row of elements is read: row ``row`` of pixel ``pixel`` (counted modulo
    the lanes), of which it may be the ``last_row``, ``a_row`` and ``b_row`` in their buffers,
    ``element`` the number of its first in the pixel; ``fresh``: its channels have no statistics
    yet. ``rewinds``: what is written next begins a sweep. ``gathers`` hands a block of
    ``block_pixels`` to the gatherer, the group's ``last_block`` or not, until that has
    ``gathered``.
    ``scan`` is answered by ``scanned``; ``rooted``: the reciprocal of pixel ``final`` is there.
    ``waits_loads``: the next block has not come; ``waits_stores``: it has no half of the output.
    """

    LATENCY = 1
    module_name = "ditto_vector_control"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        pixel = index_shape(max(2, config.vector_lanes))
        super().__init__(
            {
                "layer": In(vector_layout()),
                "start": In(1),
                "loaded": In(1),
                "freed": Out(1),
                "filled": Out(1),
                "drained": In(1),
                "slot": Out(1),
                "output_slot": Out(1),
                "sweep": Out(unsigned(3)),
                "rewinds": Out(1),
                "issue": Out(1),
                "row": Out(unsigned(16)),
                "last_row": Out(1),
                "pixel": Out(pixel),
                "element": Out(unsigned(ROW_BITS + 6)),
                "a_row": Out(unsigned(ROW_BITS)),
                "b_row": Out(unsigned(ROW_BITS)),
                "fresh": Out(1),
                "last_block": Out(1),
                "block_pixels": Out(unsigned(16)),
                "gathers": Out(1),
                "gathered": In(1),
                "scan": Out(1),
                "scanned": In(1),
                "final": Out(pixel),
                "rooted": In(1),
                "waits_loads": Out(1),
                "waits_stores": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, lanes = self.layer, self.config.vector_lanes
        full, used = Signal(range(SLOTS + 1)), Signal(range(SLOTS + 1))
        # A half of the output is used from the begin of its block on.
        uses = Signal()
        m.d.sync += [
            full.eq(full + self.loaded - self.freed),
            used.eq(used + uses - self.drained),
            self.slot.eq(self.slot ^ self.freed),
            self.output_slot.eq(self.output_slot ^ self.filled),
        ]
        block = Signal(16, reset_less=True)
        applies = Signal(reset_less=True)  # The second time that GROUPS reads its blocks.
        pixels = Signal(16, reset_less=True)
        left = Signal(range(VECTOR_SWEEP_LATENCY), reset_less=True)
        sweep = Signal(Sweep, reset_less=True)
        of_groups = layer.op == Op.GROUPS
        m.d.comb += [
            self.sweep.eq(sweep),
            self.last_block.eq(block + 1 == layer.blocks),
            self.block_pixels.eq(Mux(self.last_block, layer.tail_pixels, layer.pixels)),
            self.last_row.eq(self.row + 1 == layer.rows),
            self.final.eq(self.block_pixels - 1),
        ]

        # Blocks that pass the lanes once: their last row is read, and written so much later.
        once, passed = Signal(), Signal()
        m.d.comb += once.eq(
            (layer.op != Op.PIXELS)
            & (layer.op != Op.SOFTMAX)
            & ~((sweep == Sweep.STATISTICS) & self.last_block)
        )
        written = delayed(m, passed, VECTOR_SWEEP_LATENCY, reset_less=False)
        m.d.comb += self.rewinds.eq(self.start | self.filled)
        with m.If(written):
            m.d.comb += self.filled.eq(1)

        def begin(kind: Sweep | Signal) -> None:
            """A sweep over the whole block."""
            m.d.sync += [
                sweep.eq(kind),
                pixels.eq(self.block_pixels),
                *(
                    place.eq(0)
                    for place in (self.row, self.pixel, self.element, self.a_row, self.b_row)
                ),
            ]
            m.next = "sweep"

        def begin_next(kind: Sweep) -> None:
            """One over the same block again."""
            m.d.comb += self.rewinds.eq(1)
            begin(kind)

        def block_read() -> None:
            m.d.comb += self.freed.eq(1)
            m.d.sync += block.eq(block + 1)
            with m.If(self.last_block):
                m.d.sync += block.eq(0)
            m.next = "wait"

        with m.If(self.start):
            m.d.sync += [block.eq(0), applies.eq(0)]
        with m.FSM():
            with m.State("wait"):
                with m.If(full == 0):
                    m.d.comb += self.waits_loads.eq(1)
                with m.Elif(used == SLOTS):
                    m.d.comb += self.waits_stores.eq(1)
                with m.Else():
                    m.d.sync += self.fresh.eq(block == 0)
                    m.d.comb += uses.eq(~of_groups | applies)
                    with m.Switch(layer.op):
                        for op, kind in FIRST_SWEEPS.items():
                            with m.Case(op):
                                begin(kind)
                        with m.Case(Op.GROUPS):
                            begin(Mux(applies, Sweep.NORMALIZE, Sweep.STATISTICS))
                        with m.Default():
                            begin(Sweep.SCALE)
                            m.d.comb += self.gathers.eq(1)
                            m.next = "gather"
            with m.State("sweep"):
                m.d.comb += self.issue.eq(1)
                m.d.sync += [
                    self.a_row.eq(self.a_row + 1),
                    self.b_row.eq(self.b_row + 1),
                    self.row.eq(self.row + 1),
                    self.element.eq(self.element + lanes),
                    left.eq(VECTOR_SWEEP_LATENCY - 1),
                ]
                with m.If(self.last_row):
                    m.d.sync += [
                        self.row.eq(0),
                        self.element.eq(0),
                        self.pixel.eq(self.pixel + 1),
                        self.fresh.eq(0),
                        pixels.eq(pixels - 1),
                    ]
                    with m.If(layer.b_vector):
                        m.d.sync += self.b_row.eq(0)
                    with m.If(pixels == 1):
                        m.next = "drain"
                        with m.If(once):
                            m.d.comb += passed.eq(sweep != Sweep.STATISTICS)
                            block_read()
            with m.State("gather"), m.If(self.gathered):
                m.d.comb += self.filled.eq(1)
                block_read()
            with m.State("drain"):
                m.d.sync += left.eq(left - 1)
                with m.If(left == 0), m.Switch(sweep):
                    with m.Case(Sweep.STATISTICS):
                        with m.If(~of_groups):
                            m.next = "root"
                        with m.Else():
                            m.d.comb += self.scan.eq(1)
                            m.next = "scan"
                    with m.Case(Sweep.MAXIMUM):
                        begin_next(Sweep.POWERS)
                    with m.Case(Sweep.POWERS):
                        m.next = "root"
                    with m.Default():
                        m.d.comb += self.filled.eq(1)
                        block_read()
            with m.State("scan"), m.If(self.scanned):
                m.d.sync += applies.eq(1)
                block_read()
            with m.State("root"), m.If(self.rooted):
                with m.If(sweep == Sweep.POWERS):
                    begin_next(Sweep.PROBABILITY)
                with m.Else():
                    begin_next(Sweep.NORMALIZE)
        return m
