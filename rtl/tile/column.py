"""One column of a tile: an output channel's weights, PE and accumulators."""

from amaranth.hdl import Module, signed
from amaranth.lib.wiring import In, Out

from golden.machine.config import ACCUMULATOR_BITS, MachineConfig
from golden.machine.timing import TILE_DRAIN
from rtl.blocks.module import RtlModule
from rtl.tile.accumulator import Accumulator
from rtl.tile.layouts import column_control_layout
from rtl.tile.pe import Pe
from rtl.tile.weight_bank import WeightBank


class Column(RtlModule):
    """Weight bank, PE and accumulator in a row; all control comes from the tile.

    Ports: ``control`` (:func:`rtl.tile.layouts.column_control_layout`), ``weight`` and
    ``store_data`` to be written (the latter with ``store``), ``psum_valid`` while the PE offers a
    closed row, ``o`` the last result. Addresses given in one cycle meet ``operands`` in the next; a
    closed row's result is at ``o`` ``LATENCY`` cycles after its last address.
    """

    LATENCY = TILE_DRAIN
    module_name = "ditto_column"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        word = signed(ACCUMULATOR_BITS)
        super().__init__(
            {
                "control": In(column_control_layout(config)),
                "weight": In(signed(8)),
                "store": In(1),
                "store_data": In(word),
                "psum_valid": Out(1),
                "o": Out(word),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        bank = self.instantiate(m, "weight_bank", WeightBank(self.config))
        pe = self.instantiate(m, "pe", Pe(self.config))
        accumulator = self.instantiate(m, "accumulator", Accumulator(self.config))
        control = self.control
        m.d.comb += [
            bank.write_lane.eq(control.write_lane),
            bank.write_address.eq(control.write_address),
            bank.write_data.eq(self.weight),
            bank.read.eq(control.advance),
            bank.addresses.eq(control.addresses),
            pe.i.payload.operands.eq(control.operands),
            pe.i.payload.weights.eq(bank.weights),
            pe.i.valid.eq(control.operands_valid),
            pe.o.ready.eq(control.advance),
            self.psum_valid.eq(pe.o.valid),
            accumulator.control.eq(control.accumulate),
            accumulator.psum.eq(pe.o.payload),
            accumulator.store.eq(self.store),
            accumulator.store_data.eq(self.store_data),
            self.o.eq(accumulator.o),
        ]
        return m
