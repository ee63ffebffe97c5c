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
        rows, group, chunk = (_Counter(n) for n in ("rows", "group", "chunk"))
        row_offset, tail_offset, group_offset = (
            Signal(ADDRESS_BITS, name=n) for n in ("row_offset", "tail_offset", "group_offset")
        )
        outer = layer.rows_outer
        m.d.comb += [
            self.first_chunk.eq(chunk.first),
            self.last_chunk.eq(chunk.last),
            self.last_group.eq(group.last),
            self.last_rows.eq(rows.last),
            self.last.eq(chunk.last & group.last & rows.last),
            self.new_weights.eq(~(chunk.one & (group.one | ~outer) & ~rows.first)),
            self.new_inputs.eq(chunk.first & (group.first | ~(outer | rows.one))),
            self.keep_weights.eq(chunk.one & (group.one | ~outer) & ~rows.last),
            self.keep_inputs.eq(~chunk.last | ((outer | rows.one) & ~group.last)),
            self.next_rows.eq(chunk.last & (group.last | ~outer)),
            self.next_group.eq(chunk.last & (rows.last | outer)),
            self.results.eq(group_offset + Mux(group.last, tail_offset, row_offset)),
        ]
        with m.If(group.last):
            m.d.comb += self.words.eq(Mux(rows.last, layer.tail_words, layer.group_tail_words))
        with m.Else():
            m.d.comb += self.words.eq(Mux(rows.last, layer.row_tail_words, layer.block_words))

        def to_first_rows(of_layer: Any) -> list[Any]:
            return [
                self.tile_block.eq(0),
                self.line.eq(-of_layer.padding),
                self.origin.eq(-of_layer.padding_entries),
                row_offset.eq(0),
                tail_offset.eq(0),
            ]

        with m.If(self.start):
            first = self.next_layer
            m.d.sync += [layer.eq(first), group_offset.eq(0), *to_first_rows(first)]
            m.d.sync += chunk.start(first.chunks) + group.start(first.groups)
            m.d.sync += rows.start(first.row_blocks)
        with m.Elif(self.step):
            chunk.step(m, layer.chunks)
            with m.If(self.next_rows):
                rows.step(m, layer.row_blocks)
            with m.If(self.next_rows & rows.last):
                m.d.sync += to_first_rows(layer)
            with m.Elif(self.next_rows):
                m.d.sync += [
                    self.tile_block.eq(self.tile_block + self.config.tiles_m),
                    self.line.eq(self.line + layer.tile_lines * self.config.tiles_m),
                    self.origin.eq(self.origin + layer.block_step_entries),
                    row_offset.eq(row_offset + layer.block_words),
                    tail_offset.eq(tail_offset + layer.group_tail_words),
                ]
            with m.If(self.next_group):
                group.step(m, layer.groups)
                m.d.sync += group_offset.eq(Mux(group.last, 0, group_offset + layer.group_words))
        return m


class _Counter:
    """A loop around the passes, whose first and last turn are registers: all engines wait for them.

    ``one``: it has one turn.
    """

    def __init__(self, name: str) -> None:
        self.first, self.last, self.one = (
            Signal(name=f"{flag}_{name}") for flag in ("first", "last", "one")
        )
        self._left = Signal(ROW_BITS, name=f"{name}_left")

    def start(self, turns: Any) -> list[Any]:
        """To the first of ``turns`` turns."""
        return [
            self._left.eq(turns),
            self.first.eq(1),
            self.last.eq(turns == 1),
            self.one.eq(turns == 1),
        ]

    def step(self, m: Module, turns: Any) -> None:
        """To the next turn, behind the last to the first of ``turns``."""
        m.d.sync += [
            self._left.eq(Mux(self.last, turns, self._left - 1)),
            self.first.eq(self.last),
            self.last.eq(Mux(self.last, self.one, self._left == 2)),
        ]
