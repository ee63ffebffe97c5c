"""The addends of the output stage: the second tensor of a sum, asked for block by block."""

from amaranth.hdl import Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.vector.descriptor import Op, Size
from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    NUMBER_BITS,
    Buffer,
    Load,
    tag_layout,
    vector_layout,
)
from rtl.vector.layouts import SLOTS


class Addends(RtlModule):
    """Asks for b of every block of a fused SUM, a transfer per cycle, up to two blocks ahead.

    Its transfers lie to ``b_address`` as those of the output do to theirs, or twice as far and as
    long if the output has 8 bits; with ``b_vector`` it is one pixel of the group's channels. The
    first is asked for in the cycle after ``start`` at the earliest, the first of a block when one
    of two halves is free: what was used is ``freed``. ``there``: b of the next block is in its
    half, whose last word ``loaded`` two cycles before; until it has been ``taken``.

    Ports: ``start`` when the product of ``layer``, descriptor ``number``, has begun; ``commands``
    to the reader and ``tags`` to the receiver, in the same cycle.
    """

    LATENCY = 0
    module_name = "ditto_output_addends"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(vector_layout()),
                "number": In(unsigned(NUMBER_BITS)),
                "start": In(1),
                "loaded": In(1),
                "taken": In(1),
                "freed": In(1),
                "there": Out(1),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.layer
        active, slot, late = Signal(), Signal(), Signal()
        used, held = Signal(range(SLOTS + 1)), Signal(range(SLOTS + 1))
        begins, fire = Signal(), Signal()
        # Known a transfer before, since addresses depend on them.
        last_block, last_transfer = Signal(reset_less=True), Signal(reset_less=True)
        first_transfer, last_group, follows_last = Signal(reset_less=True), Signal(), Signal()
        # Counted from 1: what is compared takes no addition.
        group, block = Signal(16, reset_less=True), Signal(16, reset_less=True)
        transfers_left = Signal(16, reset_less=True)
        of_group = Signal(ADDRESS_BITS, reset_less=True)
        of_block = Signal(ADDRESS_BITS, reset_less=True)
        address = Signal(ADDRESS_BITS, reset_less=True)
        entry = Signal(range(self.config.vector_words), reset_less=True)
        words = Signal(16)
        next_group, next_block = Signal(ADDRESS_BITS), Signal(ADDRESS_BITS)
        sums = layer.op == Op.SUM
        # Addends have 16 bits.
        narrow = layer.o_size == Size.BITS_8
        command, tag = self.commands.payload, self.tags.payload
        m.d.comb += [
            follows_last.eq(Mux(last_block, 1, block + 1) == layer.blocks),
            last_group.eq(group == layer.groups),
            next_group.eq(of_group + Mux(layer.b_vector, layer.b_block, layer.o_group << narrow)),
            next_block.eq(of_block + Mux(layer.b_vector, 0, layer.o_block << narrow)),
        ]
        with m.If(layer.b_vector):
            m.d.comb += words.eq(Mux(last_block, layer.b_tail_words, layer.b_words))
        with m.Else():
            m.d.comb += words.eq(Mux(last_block, layer.o_tail_words, layer.o_words) << narrow)
        may = active & (~first_transfer | (used != SLOTS))
        m.d.comb += [
            fire.eq(may & self.commands.ready & self.tags.ready),
            begins.eq(fire & first_transfer),
            self.commands.valid.eq(may & self.tags.ready),
            self.tags.valid.eq(may & self.commands.ready),
            command.address.eq(address),
            command.words.eq(words),
            tag.load.eq(Load.ADDENDS),
            tag.buffer.eq(Buffer.B),
            tag.number.eq(self.number),
            tag.slot.eq(slot),
            tag.entry.eq(entry),
            tag.fills.eq(last_transfer),
            self.there.eq(~sums | (held != 0)),
        ]
        m.d.sync += [
            used.eq(used + begins - (self.freed & sums)),
            late.eq(self.loaded),
            held.eq(held + late - (self.taken & sums)),
        ]

        def begin(last: Value) -> None:
            """A block: its group's last, or not."""
            count = Mux(layer.b_vector, 1, Mux(last, layer.o_tail_count, layer.o_count))
            m.d.sync += [
                last_block.eq(last),
                first_transfer.eq(1),
                last_transfer.eq(count == 1),
                transfers_left.eq(count),
                entry.eq(0),
            ]

        with m.If(self.start & sums):
            begin(layer.blocks == 1)
            m.d.sync += [
                active.eq(1),
                slot.eq(0),
                group.eq(1),
                block.eq(1),
                of_group.eq(layer.b_address),
                of_block.eq(layer.b_address),
                address.eq(layer.b_address),
            ]
        with m.Elif(fire):
            m.d.sync += [
                first_transfer.eq(0),
                last_transfer.eq(transfers_left == 2),
                transfers_left.eq(transfers_left - 1),
                address.eq(address + (layer.o_stride << narrow)),
                entry.eq(entry + words),
            ]
            with m.If(last_transfer):
                begin(follows_last)
                m.d.sync += [
                    slot.eq(~slot),
                    block.eq(block + 1),
                    of_block.eq(next_block),
                    address.eq(next_block),
                ]
                with m.If(last_block):
                    m.d.sync += [
                        block.eq(1),
                        group.eq(group + 1),
                        of_group.eq(next_group),
                        of_block.eq(next_group),
                        address.eq(next_group),
                        active.eq(~last_group),
                    ]
        return m
