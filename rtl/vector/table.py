"""A lane's table of 256 entries of 16 bits."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.vector.descriptor import TABLE_BYTES
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.tile.layouts import index_shape


def table_words(config: MachineConfig) -> int:
    """Bus words of a table."""
    return max(1, TABLE_BYTES // config.bus_bytes)


class LookupTable(RtlModule):
    """Looks up an entry per cycle.

    Ports: ``entry`` shows that of ``index`` a cycle later. ``write`` stores bus word ``data`` of
    the table at ``address``.
    """

    LATENCY = 1
    module_name = "ditto_vector_table"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "write": In(1),
                "address": In(index_shape(table_words(config))),
                "data": In(unsigned(config.bus_bits)),
                "index": In(unsigned(8)),
                "entry": Out(unsigned(16)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ram = self.instantiate(m, "ram", Ram(self.config.bus_bits, table_words(self.config)))
        per_word = self.config.bus_bytes // 2
        place_bits = (per_word - 1).bit_length()
        m.d.comb += [
            ram.write.eq(self.write),
            ram.write_address.eq(self.address),
            ram.write_data.eq(self.data),
            ram.read.eq(1),
            ram.read_address.eq(self.index[place_bits:]),
        ]
        place = Signal(max(1, place_bits), reset_less=True)
        m.d.sync += place.eq(self.index[:place_bits])
        with m.Switch(place):
            for n in range(per_word):
                with m.Case(n):
                    m.d.comb += self.entry.eq(ram.o[16 * n : 16 * n + 16])
        return m
