"""The write engine keeps to AXI4, and ends every command if memory answers its bursts."""

from collections.abc import Mapping

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.utils import bits_for, exact_log2

from golden.machine.bursts import ADDRESS_BITS, WORDS_BITS
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi_writer import AxiWriter
from tb.formal.axi_reader import PAGE_BYTES
from tb.formal.properties import Properties, implies, stays


class AxiWriterProperties(Properties):
    """Any burst, watched from its address to its response.

    An address shows on the bus a cycle after its burst has been cut, and the next command may have
    been taken by then: what is expected of a command is loaded a cycle late.
    """

    GIVEN = {
        "aligned": "commands begin at a bus word",
        "data_stays": "words stay at the engine until it takes them",
        "answers": "memory answers bursts whose address and last word it has",
        "answer_stays": "BVALID and BRESP stay until BREADY",
    }
    HOLDS = {
        "address_stays": "AWVALID stays until AWREADY, and with it address, length, size, type",
        "page": "no burst leaves its 4 KiB page",
        "length": "no burst is longer than `burst_words`",
        "address": "a burst begins where the one before it ended, or its command does",
        "words": "a command's bursts together have as many words as it has",
        "in_flight": "no more than `outstanding_writes` bursts are in flight",
        "asks_on": "while words are left, AWVALID rises within 2 cycles unless all are in flight",
        "word_stays": "WVALID stays until WREADY, and with it data, strobes, last",
        "passes": "every word of the stream is one of the bus, with all strobes",
        "word_after_address": "no word comes before AWVALID of its burst",
        "sends_on": "a word that waits is sent while any burst lacks words",
        "last": "WLAST is the last word of a burst, and no other",
        "end": "the response to the last burst of a command is its end, and no other",
        "end_stays": "an end stays until it is taken",
        "takes_answers": "BREADY waits for nothing but an end to be taken",
        "splitter": "the burst to be cut next is the one that is expected, which helps the prover",
        "counts": "what the properties count agrees, which helps the prover",
    }
    REACHES = {
        "page_end": "a burst ends with its page, and its command goes on",
        "all_in_flight": "`outstanding_writes` bursts are in flight",
        "word_first": "memory takes a word before the address of its burst",
        "second_ends": "the last burst of a command is answered, behind another one",
    }

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        return AxiWriter(config)

    def widths_inside(self) -> Mapping[str, int]:
        return {
            "splitter.o__valid": 1,
            "splitter.address": ADDRESS_BITS,
            "splitter.left": WORDS_BITS,
            "splitter.allowed": bits_for(self.config.burst_words),
            "splitter.to_end": bits_for(self.config.page_words),
        }

    def describe(self, m: Module) -> None:
        config = self.config
        low, page = exact_log2(config.bus_bytes), exact_log2(PAGE_BYTES)
        limit = config.outstanding_writes
        valid = self.m_axi_awvalid
        address, left = Signal(ADDRESS_BITS), Signal(WORDS_BITS)
        coming, comes = Signal.like(self.i.payload), Signal()
        words, rest = Signal(9), Signal(WORDS_BITS)
        waits, begins = Signal(), Signal()
        sends, sends_last, answers = Signal(), Signal(), Signal()
        m.d.comb += [
            words.eq(self.m_axi_awlen + 1),
            rest.eq(Mux(begins, left - words, left)),
            begins.eq(valid & ~waits),
            sends.eq(self.m_axi_wvalid & self.m_axi_wready),
            sends_last.eq(sends & self.m_axi_wlast),
            answers.eq(self.m_axi_bvalid & self.m_axi_bready),
        ]
        m.d.sync += [
            waits.eq(valid & ~self.m_axi_awready),
            comes.eq(self.i.valid & self.i.ready),
            coming.eq(self.i.payload),
        ]
        with m.If(begins):
            m.d.sync += [address.eq(address + (words << low)), left.eq(rest)]
        with m.If(comes):
            m.d.sync += [address.eq(coming.address), left.eq(coming.words)]
        silent, flying = Signal(2), Signal(range(limit + 2))
        waits_for_memory = valid | (flying == limit)
        m.d.sync += silent.eq(Mux(waits_for_memory | (left == 0), 0, silent + 1))

        # Bursts shown that lack words, that lack their answer; answers that memory may give.
        unsent = Signal.like(flying)
        addressed, sent = Signal.like(flying), Signal.like(flying)
        m.d.sync += [
            unsent.eq(unsent + begins - sends_last),
            flying.eq(flying + begins - answers),
            addressed.eq(addressed + (valid & self.m_axi_awready) - answers),
            sent.eq(sent + sends_last - answers),
        ]

        begun, starts, watched = Signal(), Signal(), Signal()
        final, length, word = Signal(), Signal(8), Signal(8)
        words_ahead, answers_ahead = Signal.like(unsent), Signal.like(flying)
        all_sent, answered, behind = Signal(), Signal(), Signal()
        now_length, now_word, now_ahead = Signal(8), Signal(8), Signal.like(unsent)
        sends_turn, answer_turn = Signal(), Signal()
        m.d.comb += [
            starts.eq(begins & self.watch & ~begun),
            watched.eq(starts | begun),
            now_length.eq(Mux(starts, self.m_axi_awlen, length)),
            now_word.eq(Mux(starts, 0, word)),
            now_ahead.eq(Mux(starts, unsent, words_ahead)),
            sends_turn.eq(watched & ~all_sent & (now_ahead == 0)),
            answer_turn.eq(begun & ~answered & (answers_ahead == 0)),
        ]
        with m.If(starts):
            m.d.sync += [
                begun.eq(1),
                final.eq(rest == 0),
                length.eq(self.m_axi_awlen),
                behind.eq(flying - answers != 0),
                words_ahead.eq(unsent - sends_last),
                answers_ahead.eq(flying - answers),
            ]
        with m.Else():
            with m.If(sends_last & (words_ahead != 0)):
                m.d.sync += words_ahead.eq(words_ahead - 1)
            with m.If(answers & (answers_ahead != 0)):
                m.d.sync += answers_ahead.eq(answers_ahead - 1)
        with m.If(sends_turn):
            m.d.sync += word.eq(now_word + sends)
            with m.If(sends_last):
                m.d.sync += all_sent.eq(1)
            with m.If(starts):
                m.d.sync += words_ahead.eq(0)
        with m.If(answer_turn & answers):
            m.d.sync += answered.eq(1)

        # The burst that is cut next: what is asked for already is one behind.
        next_address, next_left = Signal(ADDRESS_BITS), Signal(WORDS_BITS)
        m.d.comb += [
            next_address.eq(Mux(comes, coming.address, address + Mux(begins, words << low, 0))),
            next_left.eq(Mux(comes, coming.words, rest)),
        ]
        cut, cut_left = self.inside("splitter.o__valid"), self.inside("splitter.left")
        cut_address = self.inside("splitter.address")
        allowed, to_end = self.inside("splitter.allowed"), self.inside("splitter.to_end")
        page_words, longest = PAGE_BYTES >> low, config.burst_words

        last_byte = Signal(ADDRESS_BITS + 1)
        m.d.comb += last_byte.eq(self.m_axi_awaddr + (words << low) - 1)
        fixed = (self.m_axi_awsize == low) & (self.m_axi_awburst == 1)
        asked = Cat(self.m_axi_awaddr, self.m_axi_awlen)
        word_sent = Cat(self.m_axi_wdata, self.m_axi_wstrb, self.m_axi_wlast)
        answer, word_valid = self.m_axi_bvalid, self.m_axi_wvalid
        lacks = (unsent != 0) | begins
        self.state(
            m,
            "given",
            aligned=self.i.payload.address[:low] == 0,
            data_stays=stays(m, "data", self.data.valid, self.data.ready, self.data.payload),
            answers=implies(answer, (addressed != 0) & (sent != 0)),
            answer_stays=stays(m, "b", answer, self.m_axi_bready, self.m_axi_bresp),
        )
        self.state(
            m,
            "holds",
            address_stays=fixed & stays(m, "aw", valid, self.m_axi_awready, asked),
            page=implies(valid, last_byte[page:] == self.m_axi_awaddr[page:]),
            length=implies(valid, words <= config.burst_words),
            address=implies(begins, self.m_axi_awaddr == address),
            words=implies(begins, (left != 0) & (words <= left)) & implies(comes, rest == 0),
            in_flight=(flying <= limit) & (flying + begins <= limit),
            asks_on=silent < 3,
            word_stays=stays(m, "w", word_valid, self.m_axi_wready, word_sent),
            passes=(sends == (self.data.valid & self.data.ready))
            & (self.m_axi_wdata == self.data.payload)
            & self.m_axi_wstrb.all(),
            word_after_address=implies(word_valid, lacks),
            sends_on=implies(lacks & self.data.valid, word_valid),
            last=implies(sends_turn & word_valid, self.m_axi_wlast == (now_word == now_length)),
            end=implies(answer_turn & answer, self.done.valid == final)
            & implies(self.done.valid, answer),
            end_stays=stays(m, "done", self.done.valid, self.done.ready),
            counts=(flying == sent + unsent)
            & (flying == addressed + waits)
            & implies(begun & ~all_sent, (words_ahead < unsent) & (answers_ahead < flying))
            & implies(begun & all_sent & ~answered, answers_ahead < sent)
            & implies(begun & all_sent & ~answered, answers_ahead < flying)
            & implies(begun & ~all_sent, answers_ahead == sent + words_ahead)
            & implies(word > length, all_sent),
            splitter=(cut == (next_left != 0))
            & implies(cut, (cut_address == next_address) & (cut_left == next_left))
            & implies(cut, cut_address[:low] == 0)
            & implies(cut, to_end == page_words - cut_address[low:page])
            & implies(cut, allowed == Mux(to_end < longest, to_end, longest)),
            takes_answers=implies(answer & ~self.m_axi_bready, self.done.valid & ~self.done.ready),
        )
        self.state(
            m,
            "reaches",
            page_end=begins & last_byte[:page].all() & (rest != 0),
            all_in_flight=flying == limit,
            word_first=sends & valid & ~self.m_axi_awready & (addressed == 0) & (unsent == 0),
            second_ends=answered & final & behind & (length != 0),
        )
