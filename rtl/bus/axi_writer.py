"""The write engine: commands and bus words in, AXI4 bursts out, an end for every command."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from golden.machine.config import MachineConfig
from golden.machine.timing import AXI_WRITER_LATENCY
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.bus.axi import (
    BUFFERABLE,
    INCREMENTING,
    error_ports,
    in_scratchpad,
    pass_through,
    transfer_layout,
    write_done_layout,
    write_ports,
)
from rtl.bus.burst_queue import BurstQueue
from rtl.bus.burst_splitter import BurstSplitter
from rtl.bus.scratchpad_writes import ScratchpadWrites, write_side


class AxiWriter(RtlModule):
    """Writes memory in bursts, up to ``outstanding_writes`` of them without their response.

    Ports: ``i`` takes commands (:func:`rtl.bus.axi.transfer_layout`), ``data`` their bus words in
    order, ``done`` gives the end of each command when its last response is back
    (:func:`rtl.bus.axi.write_done_layout`); the AXI4 channels AW, W and B are ``m_axi_aw*``,
    ``m_axi_w*`` and ``m_axi_b*``. Words do not wait for the address to be accepted, as AXI
    demands. A ``done`` that is not taken holds up responses, nothing is lost.

    Bursts at the addresses of a scratchpad never reach the bus: their words are written to it
    (:func:`rtl.bus.scratchpad_writes.write_side`), and their end is known in the next cycle, in
    order with those of memory.

    After a refused burst the rest goes on as if nothing had happened; ``error`` stays set from
    the cycle after the first one until ``clear_error``; ``error_response`` and ``error_address``
    say how and which burst (:func:`rtl.bus.axi.error_ports`).

    ``LATENCY`` is that of the first write address after its command. Throughput one burst address
    and one word per cycle. Timing: docs/axi.md.
    """

    LATENCY = AXI_WRITER_LATENCY
    module_name = "ditto_axi_writer"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(transfer_layout())),
                "data": In(stream.Signature(config.bus_bits)),
                "done": Out(stream.Signature(write_done_layout())),
                **error_ports(),
                **write_ports(config),
                **(write_side(config) if config.scratchpad_bytes else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        queue = BurstQueue(self.config.outstanding_writes)
        splitter = self.instantiate(m, "splitter", BurstSplitter(self.config))
        words = self.instantiate(m, "to_send", queue)
        responses = self.instantiate(m, "in_flight", queue)
        issue = Signal()
        # A burst's words are never behind its response, so only the latter can lack room.
        m.d.comb += [
            *joined(self.i, splitter.i),
            splitter.o.ready.eq((~self.m_axi_awvalid | self.m_axi_awready) & responses.i.ready),
            issue.eq(splitter.o.valid & splitter.o.ready),
            words.i.payload.eq(splitter.o.payload),
            words.i.valid.eq(issue),
            responses.i.payload.eq(splitter.o.payload),
            responses.i.valid.eq(issue),
            self.m_axi_awsize.eq(exact_log2(self.config.bus_bytes)),
            self.m_axi_awburst.eq(INCREMENTING),
            self.m_axi_awcache.eq(BUFFERABLE),
        ]
        asks_memory = issue
        if self.config.scratchpad_bytes:
            asks_memory = issue & ~in_scratchpad(splitter.o.payload.address, self.config)
        with m.If(~self.m_axi_awvalid | self.m_axi_awready):
            m.d.sync += [
                self.m_axi_awvalid.eq(asks_memory),
                self.m_axi_awaddr.eq(splitter.o.payload.address),
                self.m_axi_awlen.eq(splitter.o.payload.length),
            ]
        near = None
        if self.config.scratchpad_bytes:
            near = self.instantiate(m, "scratchpad", ScratchpadWrites(self.config))
            pass_through(m, self, near, write_side(self.config))
        self._send(m, words, near)
        self._finish(m, responses, near)
        return m

    def _send(self, m: Module, words: Any, near: Any) -> None:
        word = Signal(8)
        send = Signal()
        m.d.comb += [
            self.m_axi_wdata.eq(self.data.payload),
            self.m_axi_wstrb.eq(~0),
            self.m_axi_wlast.eq(word == words.o.payload.length),
        ]
        if near is None:
            m.d.comb += [
                self.m_axi_wvalid.eq(self.data.valid & words.o.valid),
                self.data.ready.eq(self.m_axi_wready & words.o.valid),
                send.eq(self.m_axi_wvalid & self.m_axi_wready),
            ]
        else:
            to_near = Signal()
            m.d.comb += [
                to_near.eq(in_scratchpad(words.o.payload.address, self.config)),
                self.m_axi_wvalid.eq(self.data.valid & words.o.valid & ~to_near),
                self.data.ready.eq((self.m_axi_wready | to_near) & words.o.valid),
                send.eq(self.data.valid & self.data.ready),
                near.send.eq(send & to_near),
                near.address.eq(words.o.payload.address),
                near.word.eq(word),
                near.last.eq(self.m_axi_wlast),
                near.data.eq(self.data.payload),
            ]
        m.d.comb += words.o.ready.eq(send & self.m_axi_wlast)
        with m.If(words.o.ready):
            m.d.sync += word.eq(0)
        with m.Elif(send):
            m.d.sync += word.eq(word + 1)

    def _finish(self, m: Module, responses: Any, near: Any) -> None:
        # What a queue offers while it is empty may be unknown, and is no reason to wait.
        ends_transfer = Signal()
        m.d.comb += ends_transfer.eq(responses.o.valid & responses.o.payload.final)
        respond = Signal()
        failed = Signal()
        failed_before = Signal()
        refused = self.m_axi_bresp[1]
        if near is None:
            m.d.comb += [
                self.done.valid.eq(self.m_axi_bvalid & ends_transfer),
                self.m_axi_bready.eq(self.done.ready | ~ends_transfer),
                respond.eq(self.m_axi_bvalid & self.m_axi_bready),
            ]
        else:
            of_near, answered, refused = Signal(), Signal(), Signal()
            address = responses.o.payload.address
            m.d.comb += [
                of_near.eq(responses.o.valid & in_scratchpad(address, self.config)),
                answered.eq(Mux(of_near, near.answered, self.m_axi_bvalid)),
                refused.eq(self.m_axi_bresp[1] & ~of_near),
                self.done.valid.eq(answered & ends_transfer),
                self.m_axi_bready.eq((self.done.ready | ~ends_transfer) & ~of_near),
                respond.eq(answered & (self.done.ready | ~ends_transfer)),
                near.take.eq(respond & of_near),
            ]
        m.d.comb += [
            responses.o.ready.eq(respond),
            failed.eq(failed_before | refused),
            self.done.payload.error.eq(failed),
        ]
        with m.If(self.clear_error):
            m.d.sync += self.error.eq(0)
        with m.If(respond):
            m.d.sync += failed_before.eq(failed & ~ends_transfer)
            with m.If(refused):
                m.d.sync += self.error.eq(1)
                with m.If(~self.error | self.clear_error):
                    m.d.sync += [
                        self.error_response.eq(self.m_axi_bresp),
                        self.error_address.eq(responses.o.payload.address),
                    ]
