"""The queue: fetches descriptors, checks them, runs their layers one after the other."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.error_codes import ErrorCode
from golden.config import MachineConfig
from golden.timing import DESCRIPTOR_LATENCY
from rtl.accelerator_layouts import ADDRESS_BITS, layer_layout
from rtl.axi import transfer_layout
from rtl.descriptor_check import DescriptorCheck
from rtl.module import RtlModule


class LayerQueue(RtlModule):
    """Runs ``count`` layers whose descriptors lie one after the other from ``base`` on.

    Ports: ``go`` starts the queue when it is not ``busy``; ``finished`` is high in its last
    cycle. ``command`` asks for a descriptor, ``loaded`` says that ``layer`` holds it. ``start``
    starts the engines, ``active`` says that one of them has not ended. A wrong descriptor, or an
    error of memory (``read_error``, ``write_error``), ends the queue: ``error`` tells why, and
    ``number`` at which layer.

    A layer starts ``LATENCY`` cycles after its descriptor came.
    """

    LATENCY = DESCRIPTOR_LATENCY
    module_name = "ditto_layer_queue"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "go": In(1),
                "base": In(unsigned(ADDRESS_BITS)),
                "count": In(unsigned(16)),
                "busy": Out(1),
                "finished": Out(1),
                "error": Out(unsigned(4)),
                "number": Out(unsigned(16)),
                "command": Out(stream.Signature(transfer_layout())),
                "loaded": In(1),
                "layer": In(layer_layout()),
                "start": Out(1),
                "running": Out(1),
                "active": In(1),
                "read_error": In(1),
                "write_error": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        check = self.instantiate(m, "check", DescriptorCheck(self.config))
        address = Signal(ADDRESS_BITS)
        bad_base = self.base[: (self.config.bus_bytes - 1).bit_length()].any()
        m.d.comb += [
            check.layer.eq(self.layer),
            self.command.payload.address.eq(address),
            self.command.payload.words.eq(DESCRIPTOR_BYTES // self.config.bus_bytes),
        ]
        end = Signal()
        with m.FSM():
            with m.State("idle"), m.If(self.go):
                m.d.sync += [
                    self.number.eq(0),
                    address.eq(self.base),
                    self.error.eq(ErrorCode.NONE),
                    self.busy.eq(1),
                ]
                m.next = "fetch"
                with m.If(bad_base):
                    m.d.sync += self.error.eq(ErrorCode.MISALIGNED)
                    m.next = "end"
                with m.Elif(self.count == 0):
                    m.next = "end"
            with m.State("fetch"):
                m.d.comb += self.command.valid.eq(1)
                with m.If(self.command.ready):
                    m.next = "wait"
            with m.State("wait"), m.If(self.loaded):
                m.next = "settle"
            with m.State("settle"):
                m.next = "check"
            with m.State("check"):
                m.next = "start"
                with m.If(self.read_error):
                    m.d.sync += self.error.eq(ErrorCode.READ)
                    m.next = "end"
                with m.Elif(check.code != ErrorCode.NONE):
                    m.d.sync += self.error.eq(check.code)
                    m.next = "end"
            with m.State("start"):
                m.d.comb += self.start.eq(1)
                m.next = "run"
            with m.State("run"):
                m.d.comb += self.running.eq(1)
                with m.If(~self.active):
                    m.d.sync += address.eq(address + DESCRIPTOR_BYTES)
                    m.next = "fetch"
                    with m.If(self.read_error):
                        m.d.sync += self.error.eq(ErrorCode.READ)
                        m.next = "end"
                    with m.Elif(self.write_error):
                        m.d.sync += self.error.eq(ErrorCode.WRITE)
                        m.next = "end"
                    with m.Elif(self.number + 1 == self.count):
                        m.next = "end"
                    with m.Else():
                        m.d.sync += self.number.eq(self.number + 1)
            with m.State("end"):
                m.d.comb += end.eq(1)
                m.d.sync += self.busy.eq(0)
                m.next = "idle"
        m.d.comb += self.finished.eq(end)
        return m
