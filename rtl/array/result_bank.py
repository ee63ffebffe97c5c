"""The results of one group of columns of a tile: written by rows, read by bus words."""

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.scheduler.layouts import result_row_shape
from rtl.tile.layouts import index_shape


class ResultBank(RtlModule):
    """Two halves of ``accumulator_depth`` rows of up to 16 int32.

    Ports: with ``write``, ``write_data`` goes to ``write_row`` of half ``write_slot``. With
    ``read``, ``o`` shows bus word ``word`` of ``row`` of half ``slot`` from the next cycle on,
    until the next read.
    """

    LATENCY = 1
    module_name = "ditto_result_bank"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        self.units = Units.of(config)
        row = result_row_shape(config)
        super().__init__(
            {
                "write": In(1),
                "write_slot": In(1),
                "write_row": In(row),
                "write_data": In(unsigned(32 * config.group_columns)),
                "read": In(1),
                "slot": In(1),
                "row": In(row),
                "word": In(index_shape(self.units.group_words)),
                "o": Out(unsigned(8 * config.bus_bytes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        ram = Ram(32 * config.group_columns, 2 << result_row_shape(config).width)
        buffer = self.instantiate(m, "buffer", ram)
        word = Signal(self.word.shape())
        padded = Signal(8 * config.bus_bytes * self.units.group_words)
        with m.If(self.read):
            m.d.sync += word.eq(self.word)
        m.d.comb += [
            buffer.write.eq(self.write),
            buffer.write_address.eq(Cat(self.write_row, self.write_slot)),
            buffer.write_data.eq(self.write_data),
            buffer.read.eq(self.read),
            buffer.read_address.eq(Cat(self.row, self.slot)),
            padded.eq(buffer.o),
            self.o.eq(padded.word_select(word, 8 * config.bus_bytes)),
        ]
        return m
