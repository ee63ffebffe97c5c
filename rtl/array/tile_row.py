"""A row of tiles: the same rows of the layer, each tile for other output channels."""

from typing import Any

from amaranth.hdl import Module, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import ModeCode
from golden.accelerator.units import ROW_BITS, Units
from golden.machine.config import MachineConfig
from rtl.array.feeder import Feeder
from rtl.array.input_buffer import InputBuffer
from rtl.array.result_bank import ResultBank
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    LINE_BITS,
    input_write_layout,
    layer_layout,
    pass_layout,
    result_row_shape,
    weights_bus_layout,
    word_address_layout,
)
from rtl.tile.tile import Tile


class TileRow(RtlModule):
    """``tiles_n`` tiles behind one feeder, with their input, reference and result buffers.

    All tiles of the row take the same beats, so they run in step and the first speaks for all.

    Ports: ``layer``, ``control``; for the pass that starts: ``rows`` and ``line`` of this row of
    tiles. ``input_write`` is taken if its entry lies less than its ``span`` after its ``origin``.
    ``weights`` reaches the tiles whose bit is set. ``address`` reads a bus word of the results;
    ``o`` shows it in the next cycle, or 0 if another row of tiles is meant (``selected`` low).
    ``busy`` from the cycle after ``start`` until the results are written.
    """

    module_name = "ditto_tile_row"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(layer_layout()),
                "control": In(pass_layout()),
                "rows": In(unsigned(ROW_BITS)),
                "line": In(signed(LINE_BITS)),
                "input_write": In(input_write_layout(config)),
                "weights": In(weights_bus_layout(config)),
                "address": In(word_address_layout(config)),
                "selected": In(1),
                "o": Out(unsigned(8 * config.bus_bytes)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, units = self.config, Units.of(self.config)
        feeder = self.instantiate(m, "feeder", Feeder(config))
        m.d.comb += [
            feeder.layer.eq(self.layer),
            feeder.control.eq(self.control),
            feeder.rows.eq(self.rows),
            feeder.line.eq(self.line),
        ]
        write = self.input_write
        place = Signal(ADDRESS_BITS)
        mine = Signal()
        m.d.comb += [
            place.eq(write.entry - write.origin),
            mine.eq(place < write.span),
        ]
        buffer = InputBuffer(config)
        for name in ("inputs", "reference"):
            one = self.instantiate(m, name, buffer)
            m.d.comb += [
                one.write.eq(write.part & (write[name] & mine).replicate(units.entry_words)),
                one.write_slot.eq(write.slot),
                one.entry.eq(place),
                one.write_data.eq(write.data),
                one.read.eq(feeder.read),
                one.read_slot.eq(self.control.inputs_slot),
                one.beat.eq(getattr(feeder, f"{name}_beat")),
                getattr(feeder, name).eq(one.o),
            ]

        tile = Tile(config)
        tiles: list[Any] = []
        for number in range(config.tiles_n):
            one = self.instantiate(m, f"tile{number}", tile)
            tiles.append(one)
            m.d.comb += [
                one.weights.payload.lane.eq(self.weights.lane),
                one.weights.payload.address.eq(self.weights.address),
                one.weights.payload.data.eq(self.weights.data),
                one.weights.valid.eq(self.weights.valid[number]),
                one.jobs.payload.last_row.eq(self.rows - 1),
                one.jobs.payload.load.eq(~self.control.first_chunk),
                one.jobs.payload.carry.eq(self.layer.mode == ModeCode.SPATIAL),
                one.jobs.payload.emit.eq(self.control.last_chunk),
                one.jobs.valid.eq(self.control.start & (self.rows != 0)),
                one.beats.payload.eq(feeder.beats.payload),
                one.beats.valid.eq(feeder.beats.valid),
                one.o.ready.eq(1),
            ]
        first = tiles[0]
        m.d.comb += feeder.beats.ready.eq(first.beats.ready)
        with m.If(self.control.start):
            m.d.sync += self.busy.eq(self.rows != 0)
        with m.Elif(first.jobs.ready):
            m.d.sync += self.busy.eq(0)

        row = Signal(result_row_shape(config))
        with m.If(self.control.start):
            m.d.sync += row.eq(0)
        with m.Elif(first.o.valid):
            m.d.sync += row.eq(row + 1)
        bank = ResultBank(config)
        words = []
        for number, one in enumerate(tiles):
            for group in range(config.column_groups):
                chosen = Signal(name=f"chosen{number}_{group}")
                here = Signal(name=f"here{number}_{group}")
                m.d.comb += here.eq(
                    self.selected & (self.address.tile == number) & (self.address.group == group)
                )
                with m.If(self.address.enable):
                    m.d.sync += chosen.eq(here)
                results = self.instantiate(m, f"results{number}_{group}", bank)
                m.d.comb += [
                    results.write.eq(one.o.valid),
                    results.write_slot.eq(self.control.results_slot),
                    results.write_row.eq(row),
                    results.write_data.eq(one.o.payload[group]),
                    results.read.eq(self.address.enable),
                    results.slot.eq(self.address.slot),
                    results.row.eq(self.address.row),
                    results.word.eq(self.address.word),
                ]
                word = Signal(8 * config.bus_bytes, name=f"word{number}_{group}")
                m.d.comb += word.eq(results.o & chosen.replicate(len(word)))
                words.append(word)
        m.d.comb += self.o.eq(any_of(words))
        return m


def any_of(words: list[Any]) -> Any:
    """Bitwise or of words, as a balanced tree."""
    while len(words) > 1:
        pairs = [a | b for a, b in zip(words[::2], words[1::2], strict=False)]
        words = pairs + words[len(pairs) * 2 :]
    return words[0]
