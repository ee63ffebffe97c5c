"""The store: sends results to memory, after adding the previous accumulators."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import ModeCode
from golden.accelerator.units import ROW_BITS, Units
from golden.machine.config import MachineConfig
from golden.machine.timing import STORE_LATENCY
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    layer_layout,
    previous_write_layout,
    word_address_layout,
)
from rtl.scheduler.loader import SLOTS
from rtl.scheduler.pass_walk import PassWalk
from rtl.tile.layouts import index_shape


class Store(RtlModule):
    """Takes on ``next_layer`` with ``start`` when it is ``free``, and drains its results.

    Blocks come in the order of passes. One is sent when its half is ``filled`` and, in TEMPORAL,
    its previous accumulators are ``loaded``; when its last word is taken it is ``drained``, and
    the half of the previous accumulators ``freed``. ``completed`` says that memory has a block.
    The layer has ``ended`` when memory has all; then it is free from the next cycle on.

    Results of a layer with ``output`` go to ``outputs``, too; a block is then sent when the output
    stage is ``output_free``, too, and the layer ends after ``output_active``. Those of one with
    ``discard`` go nowhere else. ``exhausted`` says that all blocks of such a layer are drained. The
    write port is asked for with ``wants``, given by ``may_write`` and used while ``writes``.

    Ports: ``address`` to the array, ``word`` from it; ``previous``: writes to the buffer of
    previous accumulators; ``commands`` and ``words`` to the writer. The first word is offered
    ``LATENCY`` cycles after its command was taken, the others without a gap.
    """

    LATENCY = STORE_LATENCY
    module_name = "ditto_store"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        word = unsigned(8 * config.bus_bytes)
        super().__init__(
            {
                "next_layer": In(layer_layout()),
                "start": In(1),
                "free": Out(1),
                "layer": Out(layer_layout()),
                "ended": Out(1),
                "filled": In(1),
                "loaded": In(1),
                "completed": In(1),
                "drained": Out(1),
                "freed": Out(1),
                "previous": In(previous_write_layout(config)),
                "address": Out(word_address_layout(config)),
                "word": In(word),
                "commands": Out(stream.Signature(transfer_layout())),
                "words": Out(stream.Signature(word)),
                "waits_previous": Out(1),
                "outputs": Out(stream.Signature(word)),
                "output_free": In(1),
                "output_active": In(1),
                "exhausted": Out(1),
                "wants": Out(1),
                "may_write": In(1),
                "writes": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        temporal = Signal()
        walk = self.instantiate(m, "walk", PassWalk(config))
        full, previous = Signal(range(SLOTS + 1)), Signal(range(SLOTS + 1))
        active, walking = Signal(), Signal()
        sending = Signal()
        left = Signal(ADDRESS_BITS, reset_less=True)
        # No more than the writer's bursts, and one that it has not begun.
        under_way = Signal(range(config.outstanding_writes + 3))
        slot, previous_slot = Signal(), Signal()
        accepted, asks = Signal(), Signal()
        m.d.comb += [
            temporal.eq(layer.mode == ModeCode.TEMPORAL),
            walk.next_layer.eq(self.next_layer),
            walk.start.eq(self.start),
            layer.eq(walk.layer),
            self.free.eq(~active),
            self.ended.eq(
                active & ~walking & (under_way == 0) & ~(layer.output & self.output_active)
            ),
            self.exhausted.eq(active & layer.output & ~walking),
            self.writes.eq(sending & ~layer.discard),
            self.freed.eq(self.drained & temporal),
            self.commands.payload.address.eq(
                layer.results_address + walk.results * config.bus_bytes
            ),
            self.commands.payload.words.eq(walk.words),
            self.commands.valid.eq(self.wants & self.may_write),
            accepted.eq(Mux(layer.discard, asks, self.commands.valid & self.commands.ready)),
            self.wants.eq(asks & ~layer.discard),
        ]
        m.d.sync += [
            full.eq(full + self.filled - self.drained),
            previous.eq(previous + self.loaded - self.freed),
            slot.eq(slot ^ self.drained),
            previous_slot.eq(previous_slot ^ self.freed),
            under_way.eq(under_way + (accepted & ~layer.discard) - self.completed),
        ]
        with m.If(self.start):
            m.d.sync += [active.eq(1), walking.eq(1)]
        with m.Elif(self.ended):
            m.d.sync += active.eq(0)
        with m.Elif(walking & ~sending):
            with m.If(~walk.last_chunk):
                m.d.comb += walk.step.eq(1)
            with m.Elif(full != 0):
                m.d.comb += [
                    self.waits_previous.eq(temporal & (previous == 0)),
                    asks.eq(~self.waits_previous & (self.output_free | ~layer.output)),
                ]
                with m.If(accepted):
                    m.d.sync += [sending.eq(1), left.eq(walk.words)]
        with m.If(self.drained):
            m.d.comb += walk.step.eq(1)
            m.d.sync += [sending.eq(0), walking.eq(~walk.last)]

        advance, issue = Signal(), Signal()
        fetched, last_fetched, last_offered = Signal(), Signal(), Signal()
        # A word is taken by all that want it at once.
        offered, taken = Signal(), Signal()
        written, put_out = Signal(), Signal()
        m.d.comb += [
            written.eq(self.words.ready | layer.discard),
            put_out.eq(self.outputs.ready | ~layer.output),
            taken.eq(offered & written & put_out),
            self.words.valid.eq(offered & ~layer.discard & put_out),
            self.outputs.valid.eq(offered & layer.output & written),
            self.outputs.payload.eq(self.words.payload),
            advance.eq(~offered | taken),
            issue.eq(sending & (left != 0)),
            self.drained.eq(taken & last_offered),
        ]
        self._addresses(m, walk, advance, issue)
        with m.If(issue & advance):
            m.d.sync += left.eq(left - 1)

        ram = Ram(8 * config.bus_bytes, 2 * config.previous_words)
        buffer = self.instantiate(m, "buffer", ram)
        word_number = Signal(index_shape(config.previous_words), reset_less=True)
        bits = (config.previous_words - 1).bit_length()
        with m.If(accepted):
            m.d.sync += word_number.eq(0)
        with m.Elif(issue & advance):
            m.d.sync += word_number.eq(word_number + 1)
        m.d.comb += [
            buffer.write.eq(self.previous.valid),
            buffer.write_address.eq(Cat(self.previous.address[:bits], self.previous.slot)),
            buffer.write_data.eq(self.previous.data),
            buffer.read.eq(advance),
            buffer.read_address.eq(Cat(word_number[:bits], previous_slot)),
            self.address.enable.eq(advance),
            self.address.slot.eq(slot),
        ]
        with m.If(advance):
            m.d.sync += [
                fetched.eq(issue),
                last_fetched.eq(left == 1),
                offered.eq(fetched),
                last_offered.eq(last_fetched),
            ]
            for first in range(0, 8 * config.bus_bytes, 32):
                place = slice(first, first + 32)
                start = Mux(temporal, buffer.o[place], 0)
                m.d.sync += self.words.payload[place].eq(self.word[place] + start)
        return m

    def _addresses(self, m: Module, walk, advance: Signal, issue: Signal) -> None:
        """Counts words, groups of columns, tiles, rows and rows of tiles."""
        config, layer, units = self.config, self.layer, Units.of(self.config)
        in_row = Signal(ROW_BITS, reset_less=True)
        # Settled before the first word of a block, two cycles after the step to it.
        last_in_row, last_row, last_tail_row, tail_row = (
            Signal(ROW_BITS, name=name, reset_less=True)
            for name in ("last_in_row", "last_row", "last_tail_row", "tail_row")
        )
        address = self.address
        row_ends, rows_end = Signal(), Signal()
        word, group, tile, row, tile_row = (
            Signal.like(field, reset_less=True)
            for field in (address.word, address.group, address.tile, address.row, address.tile_row)
        )
        row_words = Mux(walk.last_group, layer.last_row_words, units.row_words)
        m.d.sync += [
            last_in_row.eq(row_words - 1),
            last_row.eq(layer.tile_rows - 1),
            last_tail_row.eq(layer.tail_rows - 1),
            tail_row.eq(layer.tile_blocks - walk.tile_block - 1),
        ]
        m.d.comb += [
            row_ends.eq(in_row == last_in_row),
            rows_end.eq(row == Mux(tile_row == tail_row, last_tail_row, last_row)),
            address.word.eq(word),
            address.group.eq(group),
            address.tile.eq(tile),
            address.row.eq(row),
            address.tile_row.eq(tile_row),
        ]
        with m.If(~issue):
            m.d.sync += [n.eq(0) for n in (in_row, word, group, tile, row, tile_row)]
        with m.Elif(advance & row_ends):
            m.d.sync += [n.eq(0) for n in (in_row, word, group, tile)]
            m.d.sync += row.eq(row + 1)
            with m.If(rows_end):
                m.d.sync += [row.eq(0), tile_row.eq(tile_row + 1)]
        with m.Elif(advance):
            m.d.sync += [in_row.eq(in_row + 1), word.eq(word + 1)]
            with m.If(word == units.group_words - 1):
                m.d.sync += [word.eq(0), group.eq(group + 1)]
                with m.If(group == config.column_groups - 1):
                    m.d.sync += [group.eq(0), tile.eq(tile + 1)]
