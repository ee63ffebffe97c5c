"""The array: rows of tiles, what is broadcast to them and what is gathered from them."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import ROW_BITS
from golden.machine.config import MachineConfig
from rtl.array.tile_row import TileRow, any_of
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import (
    LINE_BITS,
    input_write_layout,
    layer_layout,
    pass_layout,
    weights_bus_layout,
    word_address_layout,
)


class Array(RtlModule):
    """``tiles_m`` rows of tiles; each computes its own block of lines in a pass.

    Ports: ``layer``, ``control``; ``tile_block`` and ``line``: the first block of lines of the pass
    that starts, and its first input line. ``input_write``, ``weights`` as in
    :class:`rtl.array.tile_row.TileRow`; ``o`` is the word at ``address``, in the next cycle.
    ``busy`` while any row of tiles is.

    Timing of a pass that starts in cycle s: with ``closed`` from the tile's recurrence, counted
    from the first beat at ``s + FEEDER_LATENCY``, ``busy`` is low again from the cycle
    ``PASS_DRAIN`` after the last row of any tile is closed.
    """

    module_name = "ditto_array"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(layer_layout()),
                "control": In(pass_layout()),
                "tile_block": In(unsigned(ROW_BITS)),
                "line": In(signed(LINE_BITS)),
                "input_write": In(input_write_layout(config)),
                "weights": In(weights_bus_layout(config)),
                "address": In(word_address_layout(config)),
                "o": Out(unsigned(8 * config.bus_bytes)),
                "busy": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer, write = self.config, self.layer, self.input_write
        row = TileRow(config)
        rows: list[Any] = []
        for number in range(config.tiles_m):
            block = Signal(ROW_BITS + 1, name=f"block{number}")
            last, outside = Signal(name=f"last{number}"), Signal(name=f"outside{number}")
            m.d.comb += [
                block.eq(self.tile_block + number),
                last.eq(block + 1 == layer.tile_blocks),
                outside.eq(block >= layer.tile_blocks),
            ]
            one = self.instantiate(m, f"row{number}", row)
            rows.append(one)
            m.d.comb += [
                one.layer.eq(layer),
                one.control.eq(self.control),
                one.rows.eq(Mux(outside, 0, Mux(last, layer.tail_rows, layer.tile_rows))),
                one.line.eq(self.line + layer.tile_lines * number),
                one.input_write.eq(write),
                one.input_write.origin.eq(write.origin + write.step * number),
                one.weights.eq(self.weights),
                one.address.eq(self.address),
                one.selected.eq(self.address.tile_row == number),
            ]
        m.d.comb += [
            self.o.eq(any_of([one.o for one in rows])),
            self.busy.eq(Cat(one.busy for one in rows).any()),
        ]
        return m
