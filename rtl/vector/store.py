"""The vector store: sends blocks that vector layers have done to memory."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import STORE_LATENCY
from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import ADDRESS_BITS, PROGRESS_BITS, vector_layout
from rtl.tile.layouts import index_shape
from rtl.vector.layouts import SLOTS


class VectorStore(RtlModule):
    """Walks over the blocks of ``layer`` from ``start`` on, and sends each that is ``filled``.

    A block ``wants`` the write port from the cycle after it is filled, or after the one before was
    ``drained``. It begins when it ``may_begin``, and ``writes`` from the next cycle on until it is
    drained: from the next cycle on its commands are offered one after the other, its words
    ``LATENCY`` cycles after it began, without a gap. ``completed`` says that memory has a command's
    words; ``progress`` counts those of the layer; ``ended`` is high once when it has those of the
    last block. ``cancel`` ends a layer none of whose blocks is filled.

    Ports: ``read``, ``slot`` and ``address`` to the buffer of blocks, ``word`` from it a cycle
    later.
    """

    LATENCY = STORE_LATENCY
    module_name = "ditto_vector_store"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        word = unsigned(config.bus_bits)
        super().__init__(
            {
                "layer": In(vector_layout()),
                "start": In(1),
                "ended": Out(1),
                "cancel": In(1),
                "wants": Out(1),
                "may_begin": In(1),
                "writes": Out(1),
                "filled": In(1),
                "drained": Out(1),
                "completed": In(1),
                "progress": Out(unsigned(PROGRESS_BITS)),
                "read": Out(1),
                "slot": Out(1),
                "address": Out(index_shape(config.vector_words)),
                "word": In(word),
                "commands": Out(stream.Signature(transfer_layout())),
                "words": Out(stream.Signature(word)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = self.layer
        full = Signal(range(SLOTS + 1))
        active, walking, sending, commanding = Signal(), Signal(), Signal(), Signal()
        under_way = Signal(range(self.config.outstanding_writes + 3))
        # Counted from 1: what is compared takes no addition.
        group, block = Signal(16, reset_less=True), Signal(16, reset_less=True)
        of_group, of_block, address = (
            Signal(ADDRESS_BITS, reset_less=True, name=name)
            for name in ("of_group", "of_block", "command_address")
        )
        commands_left, transfers_left, words_left = (
            Signal(16, reset_less=True, name=name)
            for name in ("commands_left", "transfers_left", "words_left")
        )
        last_block, accepted, begin = Signal(), Signal(), Signal()
        count = Mux(last_block, layer.o_tail_count, layer.o_count)
        words = Mux(last_block, layer.o_tail_words, layer.o_words)
        m.d.comb += [
            last_block.eq(block == layer.blocks),
            self.wants.eq(walking & ~sending & (full != 0)),
            begin.eq(self.wants & self.may_begin),
            self.writes.eq(sending),
            self.ended.eq(active & ~walking & (under_way == 0)),
            self.commands.valid.eq(commanding),
            self.commands.payload.address.eq(address),
            self.commands.payload.words.eq(words),
            accepted.eq(self.commands.valid & self.commands.ready),
        ]
        m.d.sync += [
            full.eq(full + self.filled - self.drained),
            self.slot.eq(self.slot ^ self.drained),
            under_way.eq(under_way + accepted - self.completed),
        ]
        with m.If(self.start):
            m.d.sync += self.progress.eq(0)
        with m.Elif(self.completed & ~self.progress.all()):
            m.d.sync += self.progress.eq(self.progress + 1)
        with m.If(self.start):
            m.d.sync += [active.eq(1), walking.eq(1), group.eq(1), block.eq(1)]
        with m.Elif(self.ended):
            m.d.sync += active.eq(0)
        with m.Elif(self.cancel):
            m.d.sync += [active.eq(0), walking.eq(0)]
        # ``layer`` is there in the cycle after the start, in which no block can be full.
        with m.If(active & ~sending & ~begin & (group == 1) & (block == 1)):
            m.d.sync += [of_group.eq(layer.o_address), of_block.eq(layer.o_address)]
        issue, advance = Signal(), Signal()
        with m.If(begin):
            m.d.sync += [
                sending.eq(1),
                commanding.eq(1),
                address.eq(of_block),
                commands_left.eq(count),
                transfers_left.eq(count),
                words_left.eq(words),
            ]
        with m.If(accepted):
            m.d.sync += [
                address.eq(address + layer.o_stride),
                commands_left.eq(commands_left - 1),
                commanding.eq(commands_left != 1),
            ]

        fetched, last_fetched, last_offered = Signal(), Signal(), Signal()
        m.d.comb += [
            issue.eq(sending & (transfers_left != 0)),
            advance.eq(~self.words.valid | self.words.ready),
            self.drained.eq(self.words.valid & self.words.ready & last_offered),
            self.read.eq(advance),
        ]
        with m.If(~sending):
            m.d.sync += self.address.eq(0)
        with m.Elif(issue & advance):
            m.d.sync += [self.address.eq(self.address + 1), words_left.eq(words_left - 1)]
            with m.If(words_left == 1):
                m.d.sync += [words_left.eq(words), transfers_left.eq(transfers_left - 1)]
        payload = Signal.like(self.words.payload, reset_less=True)
        with m.If(advance):
            m.d.sync += [
                fetched.eq(issue),
                last_fetched.eq((transfers_left == 1) & (words_left == 1)),
                self.words.valid.eq(fetched),
                last_offered.eq(last_fetched),
                payload.eq(self.word),
            ]
        m.d.comb += self.words.payload.eq(payload)
        with m.If(self.drained):
            m.d.sync += [
                sending.eq(0),
                block.eq(block + 1),
                of_block.eq(of_block + layer.o_block),
            ]
            with m.If(last_block):
                m.d.sync += [
                    block.eq(1),
                    group.eq(group + 1),
                    of_group.eq(of_group + layer.o_group),
                    of_block.eq(of_group + layer.o_group),
                    walking.eq(group != layer.groups),
                ]
        return m
