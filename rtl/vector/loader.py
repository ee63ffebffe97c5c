"""The vector loader: asks memory for the blocks of a vector layer, as early as buffers allow."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.vector.descriptor import TABLE_BYTES, Op
from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    NUMBER_BITS,
    PROGRESS_BITS,
    Buffer,
    Load,
    tag_layout,
    vector_layout,
)
from rtl.vector.layouts import SLOTS


class VectorLoader(RtlModule):
    """Asks for the table, then for each group its parameters, for each block a and b.

    Each takes a cycle, asked for or not; a takes one per transfer. A block waits for a free half,
    parameters (and the table) until all blocks asked for so far are ``freed``. GROUPS walks over
    its blocks twice.

    Where the layer says how much of a product's output its blocks need, each block is held, the
    first time, until that output's ``progress`` is enough, or the product is no longer ``behind``.

    Ports: ``start`` begins ``layer``, which is stable from the next cycle on, as is ``number``
    of its descriptor; ``commands`` to the reader and ``tags`` to the receiver, in the same cycle.
    It is ``busy`` while there is something to ask for, or blocks that were are not ``freed``.
    """

    module_name = "ditto_vector_loader"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(vector_layout()),
                "start": In(1),
                "number": In(unsigned(NUMBER_BITS)),
                "behind": In(1),
                "progress": In(unsigned(PROGRESS_BITS)),
                "freed": In(1),
                "busy": Out(1),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        under_way, slot = Signal(range(SLOTS + 1)), Signal()
        begun = Signal()
        again = Signal(reset_less=True)
        # Counted from 1: what is compared takes no addition.
        group, block = Signal(16, reset_less=True), Signal(16, reset_less=True)
        transfer = Signal(16, reset_less=True)
        entry = Signal(range(config.vector_words), reset_less=True)
        a_group, a_block, a_address, b_address, parameters = (
            Signal(ADDRESS_BITS, reset_less=True, name=name)
            for name in ("a_group", "a_block", "a_address", "b_address", "parameters")
        )
        last_block, last_group, last_transfer = Signal(), Signal(), Signal()
        wanted, may, fire, done = Signal(), Signal(), Signal(), Signal()
        asking = Signal()
        command, tag = self.commands.payload, self.tags.payload
        a_words = Mux(last_block, layer.a_tail_words, layer.a_words)
        b_words = Mux(last_block, layer.b_tail_words, layer.b_words)
        has_b = layer.b_words != 0
        m.d.comb += [
            last_block.eq(block == layer.blocks),
            last_group.eq(group == layer.groups),
            last_transfer.eq(transfer == Mux(last_block, layer.a_tail_count, layer.a_count)),
            fire.eq(wanted & may & self.commands.ready & self.tags.ready),
            done.eq(~wanted | fire),
            self.commands.valid.eq(wanted & may & self.tags.ready),
            self.tags.valid.eq(wanted & may & self.commands.ready),
            tag.load.eq(Load.VECTOR),
            tag.number.eq(self.number),
            tag.slot.eq(slot),
        ]
        m.d.sync += under_way.eq(under_way + begun - self.freed)
        # One that needs more than can be counted waits for the whole product.
        need = Signal(PROGRESS_BITS + 1, reset_less=True)
        there = Signal()
        waits = self.behind & (layer.results_first != 0)
        m.d.comb += there.eq(~waits | (self.progress >= need))
        m.d.comb += self.busy.eq(asking | (under_way != 0))

        def ask(buffer: Buffer, address, words, first=0, fills=0) -> None:
            m.d.comb += [
                wanted.eq(1),
                command.address.eq(address),
                command.words.eq(words),
                tag.buffer.eq(buffer),
                tag.entry.eq(first),
                tag.fills.eq(fills),
            ]

        def block_ends() -> None:
            """On to the next block, group, or time."""
            m.d.sync += [
                slot.eq(~slot),
                block.eq(block + 1),
                a_block.eq(a_block + layer.a_block),
                a_address.eq(a_block + layer.a_block),
                b_address.eq(b_address + layer.b_block),
                transfer.eq(1),
                entry.eq(0),
            ]
            with m.If(~again & ~(last_block & last_group) & ~need[-1]):
                m.d.sync += need.eq(need + layer.results_step)
            m.next = "a"
            with m.If(last_block):
                first_of_next = Mux(last_group, layer.a_address, a_group + layer.a_group)
                m.d.sync += [
                    block.eq(1),
                    group.eq(group + 1),
                    a_group.eq(first_of_next),
                    a_block.eq(first_of_next),
                    a_address.eq(first_of_next),
                    b_address.eq(layer.b_address),
                    parameters.eq(parameters + layer.p_group),
                ]
                m.next = "parameters"
                with m.If(last_group):
                    m.d.sync += [group.eq(1), again.eq(1)]
                    m.next = "idle"
                    with m.If((layer.op == Op.GROUPS) & ~again):
                        m.next = "a"

        with m.FSM() as fsm:
            m.d.comb += asking.eq(~fsm.ongoing("idle"))
            with m.State("idle"), m.If(self.start):
                m.next = "table"
            with m.State("table"):
                with m.If(layer.table | (layer.op == Op.SOFTMAX)):
                    ask(Buffer.TABLE, layer.t_address, TABLE_BYTES // config.bus_bytes)
                m.d.comb += may.eq(1)
                m.d.sync += [
                    need.eq(layer.results_first),
                    again.eq(0),
                    group.eq(1),
                    block.eq(1),
                    transfer.eq(1),
                    entry.eq(0),
                    a_group.eq(layer.a_address),
                    a_block.eq(layer.a_address),
                    a_address.eq(layer.a_address),
                    b_address.eq(layer.b_address),
                    parameters.eq(layer.p_address),
                ]
                with m.If(done):
                    m.next = "parameters"
            with m.State("parameters"):
                with m.If(layer.p_words != 0):
                    ask(Buffer.PARAMETERS, parameters, layer.p_words)
                m.d.comb += may.eq(under_way == 0)
                with m.If(done):
                    m.next = "a"
            with m.State("a"):
                ask(Buffer.A, a_address, a_words, entry, last_transfer & ~has_b)
                m.d.comb += may.eq((transfer != 1) | ((under_way != SLOTS) & there))
                with m.If(fire):
                    m.d.comb += begun.eq(transfer == 1)
                    m.d.sync += [
                        transfer.eq(transfer + 1),
                        a_address.eq(a_address + layer.a_stride),
                        entry.eq(entry + a_words),
                    ]
                    with m.If(last_transfer):
                        m.next = "b"
            with m.State("b"):
                with m.If(has_b):
                    ask(Buffer.B, b_address, b_words, 0, 1)
                m.d.comb += may.eq(1)
                with m.If(done):
                    block_ends()
        return m
