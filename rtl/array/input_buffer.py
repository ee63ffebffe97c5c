"""The input buffer of a row of tiles: written by bus words, read by beats."""

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.scheduler.layouts import beat_address_shape
from rtl.tile.layouts import index_shape


class InputBuffer(RtlModule):
    """Two halves of ``input_beats`` beats; an entry is a beat or a bus word, what is longer.

    Ports: ``write`` has a bit for each part of an entry that takes ``write_data``; ``entry`` and
    ``write_slot`` say where. With ``read``, ``o`` shows beat ``beat`` of half ``read_slot`` from
    the next cycle on, until the next read.
    """

    LATENCY = 1
    module_name = "ditto_input_buffer"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        self.units = Units.of(config)
        super().__init__(
            {
                "write": In(unsigned(self.units.entry_words)),
                "write_slot": In(1),
                "entry": In(index_shape(self.units.slot_entries)),
                "write_data": In(unsigned(8 * config.bus_bytes)),
                "read": In(1),
                "read_slot": In(1),
                "beat": In(beat_address_shape(config)),
                "o": Out(unsigned(8 * config.beat_elements)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        units = self.units
        ram = Ram(8 * units.entry_bytes, 2 * units.slot_entries, units.entry_words)
        buffer = self.instantiate(m, "buffer", ram)
        entry_bits = (units.slot_entries - 1).bit_length()
        beat_bits = (units.entry_beats - 1).bit_length()
        m.d.comb += [
            buffer.write.eq(self.write),
            buffer.write_address.eq(Cat(self.entry[:entry_bits], self.write_slot)),
            buffer.write_data.eq(self.write_data.replicate(units.entry_words)),
            buffer.read.eq(self.read),
            buffer.read_address.eq(
                Cat(self.beat[beat_bits : beat_bits + entry_bits], self.read_slot)
            ),
        ]
        if beat_bits:
            place = Signal(beat_bits)
            with m.If(self.read):
                m.d.sync += place.eq(self.beat[:beat_bits])
            m.d.comb += self.o.eq(buffer.o.word_select(place, 8 * self.config.beat_elements))
        else:
            m.d.comb += self.o.eq(buffer.o)
        return m
