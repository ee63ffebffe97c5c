"""A memory on chip, which keeps the times of the machine's memory."""

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib.wiring import Member
from amaranth.utils import exact_log2

from golden.machine.config import MachineConfig
from rtl.blocks.delay import delayed
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.bus.axi import DECODE_ERROR, OKAY, read_ports, write_ports
from rtl.bus.burst_queue import BurstQueue
from rtl.fpga.bridge import WORD_BITS, host_ports, master_of

LEAST_LATENCY = 3
"""Cycles from an address that is accepted to a word that was read here"""


class BlockMemory(RtlModule):
    """AXI4 slave of ``words`` bus words, a power of two, with a port for a host.

    Made for the machine's own engines: bursts increment, have whole words, stay within a page and
    are as many in flight as the configuration says. Times are those of docs/axi.md: ``latency`` and
    ``interval`` of the configuration, so that the machine takes the cycles that sim says. Bursts
    beyond the end are answered DECERR, read as ones and are not written.

    Ports: ``m_axi_*``, joined to the accelerator's of the same names; ``host_*``
    (:func:`rtl.fpga.bridge.host_ports`). The host comes first: while the machine runs, each of its
    accesses may cost the machine a cycle, and its reads wait while a word for the machine stands.
    """

    module_name = "ditto_block_memory"

    def __init__(self, config: MachineConfig, words: int) -> None:
        self.config, self.words = config, words
        self._parts = 8 * config.bus_bytes // WORD_BITS
        super().__init__({**self._bus(), **host_ports(words * self._parts)})

    def _bus(self) -> dict[str, Member]:
        return master_of({**read_ports(self.config), **write_ports(self.config)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ram = self.instantiate(
            m, "ram", Ram(8 * self.config.bus_bytes, self.words, parts=self._parts)
        )
        self._reads(m, ram)
        self._writes(m, ram)
        return m

    def _part(self, word: Value) -> Value:
        """Which part of a bus word is that word of 32 bits."""
        return word[: exact_log2(self._parts)] if self._parts > 1 else Const(0)

    def _place(self, address: Value) -> Value:
        """The word of a byte address that is in the memory."""
        size = exact_log2(self.config.bus_bytes)
        return address[size : size + exact_log2(self.words)]

    def _beyond(self, address: Value) -> Value:
        """Whether it is not."""
        return address[exact_log2(self.words * self.config.bus_bytes) :].any()

    def _reads(self, m: Module, ram: Any) -> None:
        config = self.config
        bursts = self.instantiate(m, "reads", BurstQueue(config.outstanding_reads))
        asked, ripened, starts = Signal(), Signal(), Signal()
        due = Signal(range(config.outstanding_reads + 1))
        # The burst that is read from the memory, and its next word.
        active, refused = Signal(), Signal(reset_less=True)
        word = Signal(range(self.words), reset_less=True)
        left = Signal(8, reset_less=True)
        # The word that stands at the bus.
        valid, final, ones = Signal(), Signal(reset_less=True), Signal(reset_less=True)
        taken, free, issue, host = Signal(), Signal(), Signal(), Signal()
        # The word that is read is there in the next cycle.
        rest = config.memory_interval - 1
        ready = free if rest == 0 else ~valid & self._rested(m, taken, rest - 1)
        m.d.comb += [
            bursts.i.payload.address.eq(self.m_axi_araddr),
            bursts.i.payload.length.eq(self.m_axi_arlen),
            bursts.i.valid.eq(self.m_axi_arvalid),
            self.m_axi_arready.eq(bursts.i.ready),
            asked.eq(self.m_axi_arvalid & bursts.i.ready),
            ripened.eq(delayed(m, asked, config.memory_latency - LEAST_LATENCY, reset_less=False)),
            starts.eq((due != 0) & (~active | (issue & (left == 0)))),
            bursts.o.ready.eq(starts),
            taken.eq(valid & self.m_axi_rready),
            free.eq(~valid | taken),
            host.eq(self.host_valid & ~self.host_write & free),
            issue.eq(active & ready & ~host),
            ram.read.eq(issue | host),
            ram.read_address.eq(Mux(host, self.host_word >> exact_log2(self._parts), word)),
        ]
        m.d.sync += [due.eq(due + ripened - starts), valid.eq(issue | (valid & ~taken))]
        with m.If(issue):
            m.d.sync += [
                word.eq(word + 1),
                left.eq(left - 1),
                active.eq(left != 0),
                final.eq(left == 0),
                ones.eq(refused),
            ]
        with m.If(starts):
            m.d.sync += [
                active.eq(1),
                word.eq(self._place(bursts.o.payload.address)),
                left.eq(bursts.o.payload.length),
                refused.eq(self._beyond(bursts.o.payload.address)),
            ]
        read = ram.o
        if self._parts > 1:
            part = Signal(range(self._parts), reset_less=True)
            m.d.sync += part.eq(self.host_word)
            read = ram.o.word_select(part, WORD_BITS)
        m.d.comb += [
            self.m_axi_rvalid.eq(valid),
            self.m_axi_rlast.eq(final),
            self.m_axi_rresp.eq(Mux(ones, DECODE_ERROR, OKAY)),
            self.m_axi_rdata.eq(ram.o | ones.replicate(len(ram.o))),
            self.host_o.eq(read),
            self.host_ready.eq(self.host_write | free),
        ]

    def _writes(self, m: Module, ram: Any) -> None:
        config = self.config
        bursts = self.instantiate(m, "writes", BurstQueue(config.outstanding_writes))
        answers = self.instantiate(m, "answers", BurstQueue(config.outstanding_writes))
        word, ended, host = Signal(), Signal(), Signal()
        beat = Signal(8)
        place = Signal(range(self.words))
        refused = Signal()
        rested = self._rested(m, word, config.memory_interval - 1)
        m.d.comb += [
            bursts.i.payload.address.eq(self.m_axi_awaddr),
            bursts.i.payload.length.eq(self.m_axi_awlen),
            bursts.i.valid.eq(self.m_axi_awvalid),
            self.m_axi_awready.eq(bursts.i.ready),
            host.eq(self.host_valid & self.host_write),
            self.m_axi_wready.eq(bursts.o.valid & rested & ~host),
            word.eq(self.m_axi_wvalid & self.m_axi_wready),
            ended.eq(word & (beat == bursts.o.payload.length)),
            bursts.o.ready.eq(ended),
            place.eq(self._place(bursts.o.payload.address) + beat),
            refused.eq(self._beyond(bursts.o.payload.address)),
        ]
        with m.If(word):
            m.d.sync += beat.eq(Mux(ended, 0, beat + 1))
        # Written a cycle later: the address is a sum.
        parts = Signal(self._parts)
        data = Signal(8 * config.bus_bytes, reset_less=True)
        where = Signal(range(self.words), reset_less=True)
        m.d.sync += [
            parts.eq((word & ~refused).replicate(self._parts)),
            data.eq(self.m_axi_wdata),
            where.eq(place),
        ]
        with m.If(host):
            m.d.sync += [
                parts.eq(1 << self._part(self.host_word)),
                data.eq(self.host_data.replicate(self._parts)),
                where.eq(self.host_word >> exact_log2(self._parts)),
            ]
        m.d.comb += [
            ram.write.eq(parts),
            ram.write_address.eq(where),
            ram.write_data.eq(data),
        ]
        late = Cat(ended, refused)
        for _ in range(config.memory_latency - 1):
            later = Signal(2)
            m.d.sync += later.eq(late)
            late = later
        m.d.comb += [
            answers.i.valid.eq(late[0]),
            answers.i.payload.final.eq(late[1]),
            answers.o.ready.eq(self.m_axi_bready),
            self.m_axi_bvalid.eq(answers.o.valid),
            self.m_axi_bresp.eq(Mux(answers.o.payload.final, DECODE_ERROR, OKAY)),
        ]

    def _rested(self, m: Module, taken: Signal, cycles: int) -> Value:
        """Whether none was taken within so many cycles before this one."""
        if cycles < 1:
            return Const(1)
        wait = Signal(range(cycles + 1))
        with m.If(taken):
            m.d.sync += wait.eq(cycles)
        with m.Elif(wait != 0):
            m.d.sync += wait.eq(wait - 1)
        return wait == 0
