"""The read engine keeps to AXI4, and ends every transfer if memory ends its bursts."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.utils import exact_log2

from golden.machine.bursts import ADDRESS_BITS, WORDS_BITS
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi_reader import AxiReader
from tb.formal.properties import Properties, implies, stays

PAGE_BYTES = 4096


class AxiReaderProperties(Properties):
    """Any burst, watched from its address to its last word."""

    GIVEN = {
        "aligned": "commands begin at a bus word",
        "answers": "memory sends words of bursts that it was asked for",
        "memory_last": "RLAST comes with the last word of a burst",
    }
    HOLDS = {
        "address_stays": "ARVALID stays until ARREADY, and with it address, length, size, type",
        "page": "no burst leaves its 4 KiB page",
        "length": "no burst is longer than `burst_words`",
        "address": "a burst begins where the one before it ended, or its command does",
        "words": "a command's bursts together have as many words as it has",
        "in_flight": "no more than `outstanding_reads` bursts are in flight",
        "asks_on": "while words are left to ask for, ARVALID is up unless so many are in flight",
        "passes": "every word of memory is one of the stream",
        "last": "the stream's `last` is the last word of a command, and no other",
    }
    REACHES = {
        "page_end": "a burst ends with its page, and its command goes on",
        "all_in_flight": "`outstanding_reads` bursts are in flight",
        "second_ends": "the last burst of a command comes back, behind another one",
    }

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return AxiReader(config)

    def describe(self, m: Module) -> None:
        config = self.config
        low = exact_log2(config.bus_bytes)
        address, left = Signal(ADDRESS_BITS), Signal(WORDS_BITS)
        words, rest = Signal(9), Signal(WORDS_BITS)
        asks, ends, takes = Signal(), Signal(), Signal()
        flying = Signal(range(config.outstanding_reads + 2))
        m.d.comb += [
            words.eq(self.m_axi_arlen + 1),
            rest.eq(left - words),
            asks.eq(self.m_axi_arvalid & self.m_axi_arready),
            ends.eq(self.m_axi_rvalid & self.m_axi_rready & self.m_axi_rlast),
            takes.eq(self.i.valid & self.i.ready),
        ]
        m.d.sync += flying.eq(flying + asks - ends)
        with m.If(asks):
            m.d.sync += [address.eq(address + (words << low)), left.eq(rest)]
        with m.If(takes):
            m.d.sync += [address.eq(self.i.payload.address), left.eq(self.i.payload.words)]

        watched, ended, final, behind = Signal(), Signal(), Signal(), Signal()
        ahead = Signal.like(flying)
        word, length = Signal(8), Signal(8)
        turn = Signal()
        m.d.comb += turn.eq(watched & ~ended & (ahead == 0))
        with m.If(asks & self.watch & ~watched):
            m.d.sync += [
                watched.eq(1),
                ahead.eq(flying - ends),
                behind.eq(flying - ends != 0),
                length.eq(self.m_axi_arlen),
                final.eq(rest == 0),
            ]
        with m.If(watched & ends):
            m.d.sync += ahead.eq(ahead - 1)
        with m.If(turn & self.m_axi_rvalid & self.m_axi_rready):
            m.d.sync += [word.eq(word + 1), ended.eq(self.m_axi_rlast)]

        last_byte = Signal(ADDRESS_BITS + 1)
        m.d.comb += last_byte.eq(self.m_axi_araddr + (words << low) - 1)
        page = exact_log2(PAGE_BYTES)
        fixed = (self.m_axi_arsize == low) & (self.m_axi_arburst == 1)
        payload = Cat(self.m_axi_araddr, self.m_axi_arlen)
        read, valid = self.m_axi_rvalid, self.m_axi_arvalid
        self.state(
            m,
            "given",
            aligned=self.i.payload.address[:low] == 0,
            answers=implies(read, flying != 0),
            memory_last=implies(turn & read, self.m_axi_rlast == (word == length)),
        )
        self.state(
            m,
            "holds",
            address_stays=fixed & stays(m, "ar", valid, self.m_axi_arready, payload),
            page=implies(valid, last_byte[page:] == self.m_axi_araddr[page:]),
            length=implies(valid, words <= config.burst_words),
            address=implies(valid, self.m_axi_araddr == address),
            words=implies(valid, (left != 0) & (words <= left))
            & implies(self.i.ready, (left == 0) | (asks & (rest == 0))),
            in_flight=flying <= config.outstanding_reads,
            asks_on=implies(left != 0, valid | (flying == config.outstanding_reads)),
            passes=(self.o.valid == read)
            & (self.m_axi_rready == self.o.ready)
            & (self.o.payload.data == self.m_axi_rdata),
            last=implies(turn & read, self.o.payload.last == (final & (word == length))),
        )
        self.state(
            m,
            "reaches",
            page_end=asks & last_byte[:page].all() & (rest != 0),
            all_in_flight=flying == config.outstanding_reads,
            second_ends=ended & final & behind & (length != 0),
        )
