"""The processing element: 4-bit x 8-bit multipliers, shift, adder tree, partial sums."""

from amaranth.hdl import EnableInserter, Fragment, Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.machine.timing import PE_LATENCY
from rtl.blocks.addition import carry_save
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import pe_input_layout


class Pe(RtlModule):
    """PE of ``lanes`` multipliers (Ditto, HPCA 2025, Compute Unit).

    It multiplies a digit by a weight in every lane, shifts the products of high digits left by 4
    and adds them to the partial sum of the row that the lane is in. A lane without a slot brings
    digit 0. In a dense tile it multiplies whole differences, and shifts nothing.

    Ports: ``i`` takes operands (:func:`rtl.tile.layouts.pe_input_layout`), ``o`` gives the sum of a
    row that was closed, products of the closing cycle included. All of it moves in the cycles in
    which ``o`` is ready, and stands still in the others, whether a sum waits or not.

    Throughput one set of operands per cycle; a row costs no cycle of its own. Latency 2 from the
    closing operands to the sum: the products are registered, then added.
    """

    LATENCY = PE_LATENCY
    module_name = "ditto_pe"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(pe_input_layout(config))),
                "o": Out(stream.Signature(signed(config.psum_bits))),
            }
        )

    def elaborate(self, platform: object) -> Fragment:
        m = Module()
        config, operands = self.config, self.i.payload.operands
        several_rows = config.rows_in_flight > 1
        # Stage 1: the products.
        products = []
        for lane in range(config.lanes):
            product = Signal(signed(config.product_bits), name=f"product{lane}")
            m.d.comb += product.eq(operands.lanes[lane].digit * self.i.payload.weights[lane])
            moved = 0 if config.tile is TileKind.DENSE else 4
            shifted = Signal(
                signed(config.product_bits + moved), name=f"shifted{lane}", reset_less=True
            )
            if moved:
                m.d.sync += shifted.eq(Mux(operands.lanes[lane].high, product << moved, product))
            else:
                m.d.sync += shifted.eq(product)
            products.append(shifted)
        # Stage 2: they are added to the partial sums.
        valid = delayed(m, self.i.valid, 1, reset_less=False)
        closes = Signal()
        m.d.comb += [
            self.i.ready.eq(self.o.ready),
            closes.eq(valid & delayed(m, operands.close, 1)),
        ]
        m.d.sync += self.o.valid.eq(closes)
        if several_rows:
            lane_rows = [delayed(m, operands.lanes[lane].row, 1) for lane in range(config.lanes)]
            close_row = delayed(m, operands.close_row, 1)
        psums = []
        for row in range(config.rows_in_flight):
            terms, ends = products, closes
            if several_rows:
                terms = [
                    Mux(lane_rows[lane] == row, product, 0) for lane, product in enumerate(products)
                ]
                ends = closes & (close_row == row)
            psum = Signal(signed(config.psum_bits), name=f"psum{row}", reset_less=True)
            fresh = Signal(name=f"fresh{row}", init=1)
            old = Signal(signed(config.psum_bits), name=f"old{row}")
            m.d.comb += old.eq(Mux(fresh, 0, psum))
            low, high = carry_save(m, [*terms, old], config.psum_bits)
            with m.If(valid):
                m.d.sync += [
                    psum.eq(low + high),
                    fresh.eq(ends),
                ]
            psums.append(psum)
        m.d.comb += self.o.payload.eq(psums[0])
        if several_rows:
            m.d.comb += self.o.payload.eq(Mux(delayed(m, close_row, 1), psums[1], psums[0]))
        return EnableInserter(self.o.ready)(m)
