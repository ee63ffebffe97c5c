"""The processing element: 4-bit x 8-bit multipliers, shift, adder tree, partial sums."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import PE_LATENCY
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import pe_input_layout, psum_row_shape


def adder_tree(terms: list):
    """Sum of ``terms`` as a balanced tree, which keeps widths and expression depth small."""
    while len(terms) > 1:
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]


class Pe(RtlModule):
    """PE of ``lanes`` multipliers (Ditto, HPCA 2025, Compute Unit).

    Each cycle it multiplies a digit by a weight in every lane, shifts the products of high digits
    left by 4 and adds them to the partial sum of the row that the lane is in. A lane without a
    slot brings digit 0.

    Ports: ``i`` takes operands (:func:`rtl.tile.layouts.pe_input_layout`), ``o`` gives the sum of a
    row that was closed, products of the closing cycle included.

    Throughput one set of operands per cycle; a row costs no cycle of its own. Latency 1 from the
    closing operands to the sum; while a sum waits at ``o``, ``i`` is not ready.
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

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        operands = self.i.payload.operands
        products = []
        for lane in range(config.lanes):
            digit = operands.lanes[lane].digit
            product = Signal(signed(config.product_bits), name=f"product{lane}")
            shifted = Signal(signed(config.product_bits + 4), name=f"shifted{lane}")
            m.d.comb += [
                product.eq(digit * self.i.payload.weights[lane]),
                shifted.eq(Mux(operands.lanes[lane].high, product << 4, product)),
            ]
            products.append(shifted)

        accept = Signal()
        m.d.comb += [
            self.i.ready.eq(~self.o.valid | self.o.ready),
            accept.eq(self.i.valid & self.i.ready),
        ]
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid & operands.close)
        several_rows = config.rows_in_flight > 1
        psums = []
        for row in range(config.rows_in_flight):
            psum = Signal(signed(config.psum_bits), name=f"psum{row}", reset_less=True)
            fresh = Signal(name=f"fresh{row}", init=1)
            terms = [
                Mux(operands.lanes[lane].row == row, product, 0) if several_rows else product
                for lane, product in enumerate(products)
            ]
            with m.If(accept):
                m.d.sync += [
                    psum.eq(adder_tree([*terms, Mux(fresh, 0, psum)])),
                    fresh.eq(operands.close & (operands.close_row == row if several_rows else 1)),
                ]
            psums.append(psum)
        if several_rows:
            closed_row = Signal(psum_row_shape(config))
            with m.If(self.i.ready):
                m.d.sync += closed_row.eq(operands.close_row)
            m.d.comb += self.o.payload.eq(Mux(closed_row, psums[1], psums[0]))
        else:
            m.d.comb += self.o.payload.eq(psums[0])
        return m
