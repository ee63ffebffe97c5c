"""The queue: fetches descriptors, checks them, runs their layers one after the other."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.config import MachineConfig
from golden.timing import DESCRIPTOR_LATENCY
from rtl.accelerator_layouts import ADDRESS_BITS, bus_error_layout, layer_layout, status_layout
from rtl.axi import DECODE_ERROR, transfer_layout
from rtl.descriptor_check import DescriptorCheck
from rtl.error_codes import CODES
from rtl.module import RtlModule


class LayerQueue(RtlModule):
    """Runs ``count`` layers whose descriptors lie one after the other from ``base`` on.

    Ports: ``go`` starts the queue when it is not busy; ``abort`` ends it after the layer that
    runs. ``command`` asks for a descriptor, ``loaded`` says that ``layer`` holds it. ``start``
    starts the engines, ``running`` lasts until none of them is ``active``. A wrong descriptor, or
    an error of memory (``read_error``, ``write_error``), ends the queue. ``status`` tells all
    (:func:`rtl.accelerator_layouts.status_layout`).

    A layer starts ``LATENCY`` cycles after its descriptor came.
    """

    LATENCY = DESCRIPTOR_LATENCY
    module_name = "ditto_layer_queue"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "go": In(1),
                "abort": In(1),
                "base": In(unsigned(ADDRESS_BITS)),
                "count": In(unsigned(32)),
                "status": Out(status_layout()),
                "command": Out(stream.Signature(transfer_layout())),
                "loaded": In(1),
                "layer": In(layer_layout()),
                "start": Out(1),
                "running": Out(1),
                "active": In(1),
                "read_error": In(bus_error_layout()),
                "write_error": In(bus_error_layout()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        status = self.status
        check = self.instantiate(m, "check", DescriptorCheck(self.config))
        address = Signal(ADDRESS_BITS)
        aborted = Signal()
        cycles = Signal.like(status.layer_cycles)
        bad_queue = Signal()
        bus_bits = (self.config.bus_bytes - 1).bit_length()
        m.d.comb += [
            check.layer.eq(self.layer),
            self.command.payload.address.eq(address),
            self.command.payload.words.eq(DESCRIPTOR_BYTES // self.config.bus_bytes),
            bad_queue.eq(self.base[:bus_bits].any() | (self.count == 0)),
        ]
        m.d.sync += cycles.eq(cycles + 1)
        with m.If(self.abort & status.busy):
            m.d.sync += aborted.eq(1)

        def fail(code, where) -> None:
            m.d.sync += [status.code.eq(code), status.address.eq(where)]
            m.next = "end"

        def bus_error(error, kind: str) -> None:
            slave, decode = CODES[f"{kind}_slave_error"], CODES[f"{kind}_decode_error"]
            fail(Mux(error.response == DECODE_ERROR, decode, slave), error.address)

        with m.FSM():
            with m.State("idle"), m.If(self.go):
                m.d.sync += [
                    address.eq(self.base),
                    aborted.eq(0),
                    status.busy.eq(1),
                    status.done.eq(0),
                    status.error.eq(0),
                    status.code.eq(CODES["none"]),
                    status.address.eq(0),
                    status.number.eq(0),
                    status.layers.eq(0),
                ]
                m.next = "fetch"
                with m.If(bad_queue):
                    fail(CODES["bad_queue"], self.base)
                m.d.sync += cycles.eq(1)
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
                with m.If(self.read_error.error):
                    bus_error(self.read_error, "read")
                with m.Elif(check.code != CODES["none"]):
                    wrong = Mux(check.address != 0, check.address, address)
                    fail(check.code, wrong)
            with m.State("start"):
                m.d.comb += self.start.eq(1)
                m.next = "run"
            with m.State("run"):
                m.d.comb += self.running.eq(1)
                with m.If(~self.active):
                    m.next = "fetch"
                    with m.If(self.read_error.error):
                        bus_error(self.read_error, "read")
                    with m.Elif(self.write_error.error):
                        bus_error(self.write_error, "write")
                    with m.Else():
                        m.d.comb += status.layer_done.eq(self.layer.interrupt)
                        m.d.sync += [
                            address.eq(address + DESCRIPTOR_BYTES),
                            status.layers.eq(status.layers + 1),
                            status.layer_cycles.eq(cycles),
                            cycles.eq(1),
                        ]
                        with m.If(status.layers + 1 == self.count):
                            m.next = "end"
                        with m.Elif(aborted):
                            fail(CODES["aborted"], 0)
                        with m.Else():
                            m.d.sync += status.number.eq(status.number + 1)
            with m.State("end"):
                m.d.comb += [
                    status.finished.eq(status.code == CODES["none"]),
                    status.failed.eq(status.code != CODES["none"]),
                ]
                m.d.sync += [
                    status.busy.eq(0),
                    status.done.eq(status.finished),
                    status.error.eq(status.failed),
                ]
                m.next = "idle"
        return m
