"""Commands are cut into bursts as AXI demands, and nothing of them is lost."""

from amaranth.hdl import Module, Signal
from amaranth.utils import exact_log2

from golden.machine.bursts import ADDRESS_BITS, WORDS_BITS
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.burst_splitter import BurstSplitter
from tb.formal.axi_reader import PAGE_BYTES
from tb.formal.properties import Properties, implies, stays


class BurstSplitterProperties(Properties):
    """All bursts of all commands."""

    GIVEN = {"aligned": "commands begin at a bus word"}
    HOLDS = {
        "offers_stay": "a burst stays until it is taken",
        "page": "no burst leaves its 4 KiB page",
        "length": "no burst is longer than `burst_words`",
        "address": "a burst begins where the one before it ended, or its command does",
        "words": "a command's bursts together have as many words as it has",
        "final": "the burst that ends a command is marked, and no other",
        "offers": "it offers a burst exactly while words are left",
        "takes": "it takes a command as the last burst of the one before leaves, or none is left",
    }
    REACHES = {
        "page_end": "a burst ends with its page, and its command goes on",
        "no_gap": "a command comes in the cycle in which the one before ends, with a second burst",
    }

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return BurstSplitter(config)

    def describe(self, m: Module) -> None:
        low, page = exact_log2(self.config.bus_bytes), exact_log2(PAGE_BYTES)
        burst, valid = self.o.payload, self.o.valid
        address, left, cut = Signal(ADDRESS_BITS), Signal(WORDS_BITS), Signal()
        words, rest = Signal(9), Signal(WORDS_BITS)
        takes, leaves, last_byte = Signal(), Signal(), Signal(ADDRESS_BITS + 1)
        m.d.comb += [
            words.eq(burst.length + 1),
            rest.eq(left - words),
            takes.eq(self.i.valid & self.i.ready),
            leaves.eq(valid & self.o.ready),
            last_byte.eq(burst.address + (words << low) - 1),
        ]
        with m.If(leaves):
            m.d.sync += [address.eq(address + (words << low)), left.eq(rest), cut.eq(1)]
        with m.If(takes):
            m.d.sync += [
                address.eq(self.i.payload.address),
                left.eq(self.i.payload.words),
                cut.eq(0),
            ]
        ends = leaves & (rest == 0)
        self.state(m, "given", aligned=self.i.payload.address[:low] == 0)
        self.state(
            m,
            "holds",
            offers_stay=stays(m, "o", valid, self.o.ready, burst),
            page=implies(valid, last_byte[page:] == burst.address[page:]),
            length=implies(valid, words <= self.config.burst_words),
            address=implies(valid, burst.address == address),
            words=implies(valid, words <= left),
            final=implies(valid, burst.final == (rest == 0)),
            offers=valid == (left != 0),
            takes=self.i.ready == ((left == 0) | ends),
        )
        self.state(
            m,
            "reaches",
            page_end=leaves & last_byte[:page].all() & (rest != 0),
            no_gap=ends & takes & cut,
        )
