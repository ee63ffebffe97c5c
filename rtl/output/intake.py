"""The intake of the output stage: asks for parameters, then takes the words of a product."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.vector.descriptor import TABLE_BYTES
from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import NUMBER_BITS, Buffer, Load, tag_layout, vector_layout
from rtl.tile.layouts import index_shape
from rtl.vector.elements import ROW_BITS
from rtl.vector.layouts import SLOTS


class OutputIntake(RtlModule):
    """Asks for the table, if there is one, then for all parameters; then counts words.

    Each load takes a cycle, asked for or not, the first in the cycle after ``start``; until the
    last one was accepted it ``configures``, then it is ``streaming`` until all blocks have come.
    ``takes`` says that a word of ``source`` is taken, in every cycle in which there is one; but the
    first of a block waits until its addends are there (``may_begin``) and for a free half of the
    output: the one that was used two blocks before, when it is ``drained``. ``source_free``: a
    block can begin. What comes when no block is left is dropped; when the source is ``exhausted``,
    words are taken that nobody offers.

    Ports: ``start`` begins ``layer``, which is stable from the next cycle on, as is ``number`` of
    its descriptor, unless it is to ``cancel``; ``commands`` to the reader and ``tags`` to the
    receiver, in the same cycle. Of the word that it takes: its ``part`` of a row of elements, which
    it ``ends_row`` or even ``ends_block``, the row's parameters, ``parameter_row``, and the place
    of its addends, ``addend_row``.
    """

    LATENCY = 0
    module_name = "ditto_output_intake"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        self.row_words = 32 * config.vector_lanes // config.bus_bits
        super().__init__(
            {
                "layer": In(vector_layout()),
                "number": In(unsigned(NUMBER_BITS)),
                "start": In(1),
                "cancel": In(1),
                "configures": Out(1),
                "streaming": Out(1),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
                "source": In(stream.Signature(unsigned(config.bus_bits))),
                "source_free": Out(1),
                "exhausted": In(1),
                "drained": In(1),
                "may_begin": In(1),
                "takes": Out(1),
                "part": Out(index_shape(max(2, self.row_words))),
                "ends_row": Out(1),
                "ends_block": Out(1),
                "parameter_row": Out(unsigned(16)),
                "addend_row": Out(unsigned(ROW_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.layer
        # A half of the output is used from the first word of its block on.
        used = Signal(range(SLOTS + 1))
        begins, last_block, last_row = Signal(), Signal(), Signal()
        # Groups, blocks and words are counted from 1: what is compared takes no addition.
        group, block = Signal(16, reset_less=True), Signal(16, reset_less=True)
        word, row = Signal(16, reset_less=True), Signal(16, reset_less=True)
        first_row = Signal(16, reset_less=True)
        block_row = Signal(ROW_BITS, reset_less=True)
        words = Mux(last_block, layer.a_tail_words, layer.a_words)
        m.d.comb += [
            last_block.eq(block == layer.blocks),
            last_row.eq(row + 1 == layer.rows),
            begins.eq(self.takes & (word == 1)),
            self.ends_block.eq(word == words),
            self.ends_row.eq((self.part == self.row_words - 1) | self.ends_block),
            self.parameter_row.eq(first_row + row),
            self.addend_row.eq(Mux(layer.b_vector, row, block_row)),
        ]
        m.d.sync += used.eq(used + begins - self.drained)
        with m.If(self.takes):
            m.d.sync += [word.eq(word + 1), self.part.eq(self.part + 1)]
            with m.If(self.ends_row):
                m.d.sync += [
                    self.part.eq(0),
                    row.eq(Mux(last_row, 0, row + 1)),
                    block_row.eq(block_row + 1),
                ]
            with m.If(self.ends_block):
                m.d.sync += [word.eq(1), row.eq(0), block_row.eq(0), block.eq(block + 1)]
                with m.If(last_block):
                    m.d.sync += [
                        block.eq(1),
                        group.eq(group + 1),
                        first_row.eq(first_row + layer.rows),
                    ]

        wanted, fire, done = Signal(), Signal(), Signal()
        command, tag = self.commands.payload, self.tags.payload
        m.d.comb += [
            fire.eq(wanted & self.commands.ready & self.tags.ready),
            done.eq(~wanted | fire),
            self.commands.valid.eq(wanted & self.tags.ready),
            self.tags.valid.eq(wanted & self.commands.ready),
            tag.load.eq(Load.OUTPUT),
            tag.number.eq(self.number),
        ]

        def ask(buffer: Buffer, address, words, fills) -> None:
            m.d.comb += [
                wanted.eq(1),
                command.address.eq(address),
                command.words.eq(words),
                tag.buffer.eq(buffer),
                tag.fills.eq(fills),
            ]

        with m.FSM():
            with m.State("idle"):
                m.d.comb += [self.source.ready.eq(1), self.source_free.eq(1)]
                with m.If(self.start):
                    m.d.sync += [
                        *(place.eq(1) for place in (group, block, word)),
                        *(place.eq(0) for place in (row, block_row, first_row, self.part)),
                    ]
                    m.next = "table"
            with m.State("table"):
                m.d.comb += self.configures.eq(1)
                with m.If(layer.table):
                    ask(Buffer.TABLE, layer.t_address, TABLE_BYTES // self.config.bus_bytes, 0)
                with m.If(done):
                    m.next = "parameters"
            with m.State("parameters"):
                m.d.comb += self.configures.eq(1)
                ask(Buffer.PARAMETERS, layer.p_address, layer.p_words, 1)
                with m.If(fire):
                    m.next = "stream"
            with m.State("stream"):
                may_begin = (used != SLOTS) & self.may_begin
                m.d.comb += [
                    self.streaming.eq(1),
                    self.source_free.eq((word == 1) & may_begin),
                    self.source.ready.eq((word != 1) | may_begin),
                    self.takes.eq(self.source.ready & (self.source.valid | self.exhausted)),
                ]
                last_group = group == layer.groups
                ended = self.takes & self.ends_block & last_block & last_group
                with m.If(ended | self.cancel):
                    m.next = "idle"
        return m
