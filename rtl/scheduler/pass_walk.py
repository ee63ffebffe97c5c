"""The order of a layer's passes: row blocks, groups and chunks, as every engine walks them."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import ROW_BITS, Units
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import ADDRESS_BITS, LINE_BITS, layer_layout


class PassWalk(RtlModule):
    """One engine's layer, and where in its passes the engine is.

    ``start`` takes on ``next_layer`` and goes to its first pass, ``step`` to the next. In the
    pass it is in: ``new_weights`` and ``new_inputs`` tell what the pass before did not have,
    ``keep_weights`` and ``keep_inputs`` what the next one has too; ``next_rows`` and
    ``next_group`` what ``step`` will change; ``tile_block`` the first block of lines, ``line``
    and ``origin`` its first input line and entry, padding included; ``results`` and ``words``
    where its results lie, in bus words, and how many they are.
    """

    module_name = "ditto_pass_walk"

    @classmethod
    def check(cls, config: MachineConfig) -> None:
        """See :meth:`golden.accelerator.units.Units.of`."""
        Units.of(config)

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        word = unsigned(ADDRESS_BITS)
        flags = (
            "first_chunk last_chunk last_group last_rows last new_weights new_inputs "
            "keep_weights keep_inputs next_rows next_group"
        )
        super().__init__(
            {
                "start": In(1),
                "next_layer": In(layer_layout()),
                "layer": Out(layer_layout()),
                "step": In(1),
                **{flag: Out(1) for flag in flags.split()},
                "tile_block": Out(unsigned(ROW_BITS)),
                "line": Out(signed(LINE_BITS)),
                "origin": Out(signed(ADDRESS_BITS)),
                "results": Out(word),
                "words": Out(word),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.layer
        rows, group, chunk = (Signal(ROW_BITS, name=n) for n in ("rows", "group", "chunk"))
        row_offset, tail_offset, group_offset = (
            Signal(ADDRESS_BITS, name=n) for n in ("row_offset", "tail_offset", "group_offset")
        )
        outer = layer.rows_outer
        one_chunk, one_group, one_block = Signal(), Signal(), Signal()
        m.d.comb += [
            one_chunk.eq(layer.chunks == 1),
            one_group.eq(layer.groups == 1),
            one_block.eq(layer.row_blocks == 1),
            self.first_chunk.eq(chunk == 0),
            self.last_chunk.eq(chunk + 1 == layer.chunks),
            self.last_group.eq(group + 1 == layer.groups),
            self.last_rows.eq(rows + 1 == layer.row_blocks),
            self.last.eq(self.last_chunk & self.last_group & self.last_rows),
            self.new_weights.eq(~(one_chunk & (one_group | ~outer) & (rows != 0))),
            self.new_inputs.eq(self.first_chunk & ((group == 0) | ~(outer | one_block))),
            self.keep_weights.eq(one_chunk & (one_group | ~outer) & ~self.last_rows),
            self.keep_inputs.eq(~self.last_chunk | ((outer | one_block) & ~self.last_group)),
            self.next_rows.eq(self.last_chunk & (self.last_group | ~outer)),
            self.next_group.eq(self.last_chunk & (self.last_rows | outer)),
            self.results.eq(group_offset + Mux(self.last_group, tail_offset, row_offset)),
        ]
        with m.If(self.last_group):
            m.d.comb += self.words.eq(Mux(self.last_rows, layer.tail_words, layer.group_tail_words))
        with m.Else():
            m.d.comb += self.words.eq(Mux(self.last_rows, layer.row_tail_words, layer.block_words))

        def to_first_rows(of_layer: Any) -> list[Any]:
            return [
                rows.eq(0),
                self.tile_block.eq(0),
                self.line.eq(-of_layer.padding),
                self.origin.eq(-of_layer.padding_entries),
                row_offset.eq(0),
                tail_offset.eq(0),
            ]

        to_first_group = [group.eq(0), group_offset.eq(0)]
        with m.If(self.start):
            m.d.sync += [layer.eq(self.next_layer), chunk.eq(0)]
            m.d.sync += to_first_rows(self.next_layer) + to_first_group
        with m.Elif(self.step):
            m.d.sync += chunk.eq(Mux(self.last_chunk, 0, chunk + 1))
            with m.If(self.next_rows & self.last_rows):
                m.d.sync += to_first_rows(layer)
            with m.Elif(self.next_rows):
                m.d.sync += [
                    rows.eq(rows + 1),
                    self.tile_block.eq(self.tile_block + self.config.tiles_m),
                    self.line.eq(self.line + layer.tile_lines * self.config.tiles_m),
                    self.origin.eq(self.origin + layer.block_step_entries),
                    row_offset.eq(row_offset + layer.block_words),
                    tail_offset.eq(tail_offset + layer.group_tail_words),
                ]
            with m.If(self.next_group & self.last_group):
                m.d.sync += to_first_group
            with m.Elif(self.next_group):
                m.d.sync += [
                    group.eq(group + 1),
                    group_offset.eq(group_offset + layer.group_words),
                ]
        return m
