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
        active = Signal()
        address = Signal(ADDRESS_BITS, reset_less=True)
        left = Signal(WORDS_BITS, reset_less=True)
        to_page_end = Signal(range(config.page_words + 1))
        allowed = Signal(range(config.burst_words + 1))
        words = Signal(range(config.burst_words + 1))
        final = Signal()
        place = address[word_bits : word_bits + exact_log2(config.page_words)]
        m.d.comb += [
            to_page_end.eq(config.page_words - place),
            allowed.eq(Mux(to_page_end < config.burst_words, to_page_end, config.burst_words)),
            final.eq(left <= allowed),
            words.eq(Mux(final, left, allowed)),
            self.o.valid.eq(active),
            self.o.payload.address.eq(address),
            self.o.payload.length.eq(words - 1),
            self.o.payload.final.eq(final),
            self.i.ready.eq(~active | (self.o.ready & final)),
        ]
        with m.If(active & self.o.ready):
            m.d.sync += [address.eq(address + (words << word_bits)), left.eq(left - words)]
        with m.If(self.i.ready):
            m.d.sync += [
                active.eq(self.i.valid & self.i.payload.words.any()),
                address.eq(self.i.payload.address),
                left.eq(self.i.payload.words),
            ]
        return m
