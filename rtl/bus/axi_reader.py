"""The read engine: commands in, bus words out, AXI4 bursts in between."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from golden.machine.config import MachineConfig
from golden.machine.timing import AXI_READER_LATENCY
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.bus.axi import (
    BUFFERABLE,
    INCREMENTING,
    error_ports,
    in_scratchpad,
    pass_through,
    read_ports,
    read_word_layout,
    transfer_layout,
)
from rtl.bus.burst_queue import BurstQueue
from rtl.bus.burst_splitter import BurstSplitter
from rtl.bus.scratchpad_reads import ScratchpadReads, read_side


class AxiReader(RtlModule):
    """Reads memory in bursts, up to ``outstanding_reads`` of them in flight.

    Ports: ``i`` takes commands (:func:`rtl.bus.axi.transfer_layout`), ``o`` gives their words in
    order (:func:`rtl.bus.axi.read_word_layout`), the AXI4 channels AR and R are ``m_axi_ar*`` and
    ``m_axi_r*``. ``o`` is channel R itself: a consumer that waits holds the bus. One ID, so words
    come in order.

    Bursts at the addresses of a scratchpad never reach the bus: they are read from it
    (:class:`rtl.bus.scratchpad_reads.ScratchpadReads`, whose ports to it are this one's, too), in
    order with those of memory.

    A refused word is delivered like any other, whatever it holds. ``error`` stays set from the
    cycle after the first one until ``clear_error``; ``error_response`` and ``error_address`` say
    how and in which burst (:func:`rtl.bus.axi.error_ports`).

    ``LATENCY`` is that of the first read address after its command. Throughput one burst address
    and one word per cycle. Timing (docs/axi.md): burst b is asked for in
    ``ask[b] >= max(ask[b-1], taken[b - outstanding_reads]) + 1``.
    """

    LATENCY = AXI_READER_LATENCY
    module_name = "ditto_axi_reader"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(transfer_layout())),
                "o": Out(stream.Signature(read_word_layout(config))),
                **error_ports(),
                **read_ports(config),
                **(read_side(config) if config.scratchpad_bytes else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        splitter = self.instantiate(m, "splitter", BurstSplitter(self.config))
        queue = self.instantiate(m, "in_flight", BurstQueue(self.config.outstanding_reads))
        burst = splitter.o.payload
        m.d.comb += [
            *joined(self.i, splitter.i),
            self.m_axi_araddr.eq(burst.address),
            self.m_axi_arlen.eq(burst.length),
            self.m_axi_arsize.eq(exact_log2(self.config.bus_bytes)),
            self.m_axi_arburst.eq(INCREMENTING),
            self.m_axi_arcache.eq(BUFFERABLE),
            queue.i.payload.eq(burst),
        ]
        if self.config.scratchpad_bytes:
            self._from_both(m, splitter, queue)
        else:
            self._from_memory(m, splitter, queue)
        with m.If(self.clear_error):
            m.d.sync += self.error.eq(0)
        with m.If(self.m_axi_rvalid & self.m_axi_rready & self.m_axi_rresp[1]):
            m.d.sync += self.error.eq(1)
            with m.If(~self.error | self.clear_error):
                m.d.sync += [
                    self.error_response.eq(self.m_axi_rresp),
                    self.error_address.eq(queue.o.payload.address),
                ]
        return m

    def _from_memory(self, m: Module, splitter: Any, queue: Any) -> None:
        m.d.comb += [
            # Room in the queue cannot vanish while the address waits, so valid never falls.
            self.m_axi_arvalid.eq(splitter.o.valid & queue.i.ready),
            splitter.o.ready.eq(self.m_axi_arready & queue.i.ready),
            queue.i.valid.eq(splitter.o.valid & self.m_axi_arready),
            self.o.payload.data.eq(self.m_axi_rdata),
            self.o.payload.last.eq(self.m_axi_rlast & queue.o.payload.final),
            self.o.valid.eq(self.m_axi_rvalid),
            self.m_axi_rready.eq(self.o.ready),
            queue.o.ready.eq(self.m_axi_rvalid & self.o.ready & self.m_axi_rlast),
        ]

    def _from_both(self, m: Module, splitter: Any, queue: Any) -> None:
        """Bursts go where they belong; whose words come next, the oldest in flight says."""
        near = self.instantiate(m, "scratchpad", ScratchpadReads(self.config))
        pass_through(m, self, near, read_side(self.config))
        asks_near, asked, from_near, last = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            # An address that is not offered may be unknown.
            asks_near.eq(splitter.o.valid & in_scratchpad(splitter.o.payload.address, self.config)),
            asked.eq(asks_near | self.m_axi_arready),
            self.m_axi_arvalid.eq(splitter.o.valid & queue.i.ready & ~asks_near),
            # It has as many places as the queue, and each of its bursts leaves it first.
            near.i.payload.eq(splitter.o.payload),
            near.i.valid.eq(queue.i.ready & asks_near),
            splitter.o.ready.eq(asked & queue.i.ready),
            queue.i.valid.eq(splitter.o.valid & asked),
            from_near.eq(queue.o.valid & in_scratchpad(queue.o.payload.address, self.config)),
            last.eq(Mux(from_near, near.o.payload.last, self.m_axi_rlast)),
            self.o.payload.data.eq(Mux(from_near, near.o.payload.data, self.m_axi_rdata)),
            self.o.payload.last.eq(last & queue.o.payload.final),
            self.o.valid.eq(Mux(from_near, near.o.valid, self.m_axi_rvalid)),
            self.m_axi_rready.eq(self.o.ready & ~from_near),
            near.o.ready.eq(self.o.ready & from_near),
            queue.o.ready.eq(self.o.valid & self.o.ready & last),
        ]
