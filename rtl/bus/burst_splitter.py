"""Cuts transfers into AXI bursts."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from golden.machine.bursts import ADDRESS_BITS, WORDS_BITS
from golden.machine.config import MachineConfig
from golden.machine.timing import BURST_SPLITTER_LATENCY
from rtl.blocks.module import RtlModule
from rtl.bus.axi import burst_layout, transfer_layout


class BurstSplitter(RtlModule):
    """Cuts commands into bursts of at most ``burst_words`` that stay within a 4 KiB page.

    Ports: ``i`` takes commands (:func:`rtl.bus.axi.transfer_layout`; one of 0 words vanishes),
    ``o`` gives bursts (:func:`rtl.bus.axi.burst_layout`), as :func:`golden.machine.bursts.split`
    does.

    Throughput one burst per cycle, commands without a gap: the next one is taken in the cycle in
    which the last burst of the one before leaves.
    """

    LATENCY = BURST_SPLITTER_LATENCY
    module_name = "ditto_burst_splitter"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(transfer_layout())),
                "o": Out(stream.Signature(burst_layout())),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        word_bits = exact_log2(config.bus_bytes)
        page = exact_log2(config.page_words)
        active, final, goes = Signal(), Signal(), Signal()
        address = Signal(ADDRESS_BITS, reset_less=True)
        left = Signal(WORDS_BITS, reset_less=True)
        # Words to the end of the page, and how many of them a burst may have: of the burst that is
        # offered, and of the next.
        to_end = Signal(page + 1, reset_less=True)
        next_to_end = Signal(page + 1)
        allowed = Signal(range(config.burst_words + 1), reset_less=True)
        m.d.comb += [
            final.eq(left <= allowed),
            goes.eq(active & self.o.ready),
            self.o.valid.eq(active),
            self.o.payload.address.eq(address),
            self.o.payload.length.eq(Mux(final, left - 1, allowed - 1)),
            self.o.payload.final.eq(final),
            self.i.ready.eq(~active | (self.o.ready & final)),
            next_to_end.eq(Mux(to_end == allowed, config.page_words, to_end - allowed)),
        ]
        with m.If(self.i.ready):
            place = self.i.payload.address[word_bits : word_bits + page]
            m.d.comb += next_to_end.eq(config.page_words - place)
        with m.If(self.i.ready | goes):
            longest = config.burst_words
            m.d.sync += [
                to_end.eq(next_to_end),
                allowed.eq(Mux(next_to_end < longest, next_to_end, longest)),
            ]
        with m.If(goes):
            m.d.sync += [address.eq(address + (allowed << word_bits)), left.eq(left - allowed)]
        with m.If(self.i.ready):
            m.d.sync += [
                active.eq(self.i.valid & self.i.payload.words.any()),
                address.eq(self.i.payload.address),
                left.eq(self.i.payload.words),
            ]
        return m
