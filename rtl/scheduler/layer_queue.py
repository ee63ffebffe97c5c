"""The queue: fetches descriptors, checks them, hands their layers on one after the other."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.choice import MAGIC as CHOICE_MAGIC
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.machine.config import MachineConfig
from golden.machine.timing import DESCRIPTOR_LATENCY
from golden.vector.descriptor import MAGIC as VECTOR_MAGIC
from rtl.blocks.module import RtlModule
from rtl.bus.axi import DECODE_ERROR, transfer_layout
from rtl.scheduler.descriptor_check import DescriptorCheck
from rtl.scheduler.error_codes import CODE_BITS, CODES
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    NUMBER_BITS,
    bus_error_layout,
    layer_layout,
    status_layout,
    vector_layout,
)
from rtl.scheduler.vector_check import VectorCheck

VARIANT_BITS = 16
"""Of the number of descriptors of a variant"""
ENGINES = 3
"""Loader, sequencer and store: each may be in a layer of its own"""


class LayerQueue(RtlModule):
    """Runs ``count`` layers whose descriptors lie one after the other from ``base`` on.

    Ports: ``go`` starts the queue when it is not busy; ``abort`` keeps it from starting further
    layers. ``command`` asks for a descriptor, ``loaded`` says that ``descriptor`` holds it.
    ``start`` hands it to the loader, with its ``number``, when that is ``free``, ``start_vector``
    to the vector unit, when no layer is under way; the next one is fetched meanwhile. A product
    with output follows a fused vector layer, and starts when that is ``streaming``; ``cancel``
    ends one that none follows. ``chooses`` takes a choice, when no layer is under way: the
    ``variant_count`` descriptors from ``variant_address`` on run before the next one of the queue
    is fetched; ``leaves`` when the last of them has ended. ``choice_code`` says what is wrong with
    a choice, ``choice_address`` where. ``ended`` says that the oldest layer under way is in memory,
    ``interrupt`` that it asks for one. ``alone``: no more than one layer is under way; ``drains``:
    there are no more to start.

    A wrong descriptor, or an error of memory (``read_error`` for descriptor ``read_number`` or,
    with ``fetch_failed``, for the one that was asked for; ``write_error`` for the oldest layer),
    keeps further layers from starting; those under way come to their ends, and the error of the
    first one of them that has any is told. ``status`` tells all
    (:func:`rtl.scheduler.layouts.status_layout`).

    ``status`` counts descriptors as they run, a choice as one that ends with ``chooses``.

    A layer starts ``LATENCY`` cycles after its descriptor came, if the loader is free.
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
                "count": In(unsigned(NUMBER_BITS)),
                "status": Out(status_layout()),
                "command": Out(stream.Signature(transfer_layout())),
                "loaded": In(1),
                "descriptor": In(layer_layout()),
                "start": Out(1),
                "number": Out(unsigned(NUMBER_BITS)),
                "start_vector": Out(1),
                "streaming": In(1),
                "cancel": Out(1),
                "chooses": Out(1),
                "leaves": Out(1),
                "choice_code": In(unsigned(CODE_BITS)),
                "choice_address": In(unsigned(ADDRESS_BITS)),
                "variant_address": In(unsigned(ADDRESS_BITS)),
                "variant_count": In(unsigned(VARIANT_BITS)),
                "free": In(1),
                "ended": In(1),
                "interrupt": In(1),
                "alone": Out(1),
                "drains": Out(1),
                "read_error": In(bus_error_layout()),
                "read_number": In(unsigned(NUMBER_BITS)),
                "fetch_failed": In(1),
                "write_error": In(bus_error_layout()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        status = self.status
        product_check = self.instantiate(m, "check", DescriptorCheck(self.config))
        vector_check = self.instantiate(m, "vector_check", VectorCheck(self.config))
        code, wrong_address = Signal(CODE_BITS), Signal(ADDRESS_BITS)
        own_code, choice_code = Signal(CODE_BITS), Signal(CODE_BITS)
        vector_view = Signal(vector_layout())
        address = Signal(ADDRESS_BITS, reset_less=True)
        under_way = Signal(range(ENGINES + 1))
        refused, aborted, failed, stop = Signal(), Signal(), Signal(), Signal()
        # A descriptor is fetched before the loads of the layer before it have come: its error waits
        # until that layer had the chance to have one.
        fetch_error = Signal(bus_error_layout())
        cycles = Signal.like(status.layer_cycles)
        bad_queue = Signal()
        bus_bits = (self.config.bus_bytes - 1).bit_length()
        # A vector layer runs alone: behind all products before it, before all behind it.
        vector, vector_runs = Signal(), Signal()
        # A fused one only begins alone: the product behind it starts when it is ``streaming``.
        fused, expects_product, pairs = Signal(), Signal(), Signal()
        begins, may_start = Signal(), Signal()
        # Descriptors of the queue, and of the variant that it is inside of, that have not started.
        left, variant_left = Signal(NUMBER_BITS), Signal(VARIANT_BITS)
        choice, inside, all_started = Signal(), Signal(), Signal()
        behind = Signal(ADDRESS_BITS, reset_less=True)
        with m.If(begins):
            m.d.sync += [vector_runs.eq(vector & ~fused), expects_product.eq(vector & fused)]
        with m.Elif(under_way == 0):
            m.d.sync += vector_runs.eq(0)
        m.d.comb += [
            vector.eq(self.descriptor.magic == VECTOR_MAGIC),
            choice.eq(self.descriptor.magic == CHOICE_MAGIC),
            fused.eq(vector & vector_view.fused),
            pairs.eq(~vector & ~choice & self.descriptor.output),
            may_start.eq(
                Mux(
                    vector | vector_runs | choice,
                    under_way == 0,
                    self.free & (~pairs | self.streaming),
                )
            ),
            vector_view.as_value().eq(self.descriptor.as_value()),
            begins.eq(self.start | self.start_vector),
            product_check.layer.eq(self.descriptor),
            vector_check.layer.as_value().eq(self.descriptor.as_value()),
            choice_code.eq(Mux(inside, CODES["bad_choice"], self.choice_code)),
            own_code.eq(
                Mux(choice, choice_code, Mux(vector, vector_check.code, product_check.code))
            ),
            code.eq(
                Mux(
                    (own_code == CODES["none"]) & (pairs != expects_product),
                    CODES["bad_pair"],
                    own_code,
                )
            ),
            wrong_address.eq(
                Mux(
                    choice,
                    Mux(inside, 0, self.choice_address),
                    Mux(vector, vector_check.address, product_check.address),
                )
            ),
            self.command.payload.address.eq(address),
            self.command.payload.words.eq(DESCRIPTOR_BYTES // self.config.bus_bytes),
            bad_queue.eq(self.base[:bus_bits].any() | (self.count == 0)),
            self.alone.eq(under_way <= 1),
            failed.eq(status.code != CODES["none"]),
            stop.eq(aborted | failed | self.read_error.error | self.write_error.error),
        ]
        m.d.sync += [
            under_way.eq(under_way + begins - self.ended),
            cycles.eq(Mux(self.ended, 1, cycles + 1)),
        ]
        with m.If(self.abort & status.busy):
            m.d.sync += aborted.eq(1)
        with m.If(self.fetch_failed & ~fetch_error.error):
            m.d.sync += fetch_error.eq(self.read_error)

        def fail(code, where, number) -> None:
            m.d.sync += [
                status.code.eq(code),
                status.address.eq(where),
                status.number.eq(number),
            ]

        def bus_error(error, kind: str, number) -> None:
            slave, decode = CODES[f"{kind}_slave_error"], CODES[f"{kind}_decode_error"]
            code = Mux(error.response == DECODE_ERROR, decode, slave)
            fail(code, error.address, number)

        with m.If(self.ended & ~failed):
            # The number of layers that are done is the number of the one that ends.
            with m.If(self.read_error.error & (self.read_number == status.layers)):
                bus_error(self.read_error, "read", status.layers)
            with m.Elif(self.write_error.error):
                bus_error(self.write_error, "write", status.layers)
            with m.Else():
                m.d.comb += status.layer_done.eq(self.interrupt)
                m.d.sync += [
                    status.layers.eq(status.layers + 1),
                    status.layer_cycles.eq(cycles),
                ]

        with m.FSM():
            with m.State("idle"), m.If(self.go):
                m.d.sync += [
                    address.eq(self.base),
                    self.number.eq(0),
                    refused.eq(0),
                    fetch_error.error.eq(0),
                    aborted.eq(0),
                    left.eq(self.count),
                    inside.eq(0),
                    all_started.eq(0),
                    cycles.eq(1),
                    status.busy.eq(1),
                    status.done.eq(0),
                    status.error.eq(0),
                    status.layers.eq(0),
                ]
                fail(CODES["none"], 0, 0)
                m.next = "fetch"
                with m.If(bad_queue):
                    fail(CODES["bad_queue"], self.base, 0)
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
                wrong = code != CODES["none"]
                with m.If(self.read_error.error | fetch_error.error | wrong):
                    m.d.sync += refused.eq(1)
                    m.next = "drain"
            with m.State("start"):
                with m.If(stop):
                    m.next = "drain"
                with m.Elif(may_start):
                    m.d.comb += [
                        self.start.eq(~vector & ~choice),
                        self.start_vector.eq(vector),
                        self.chooses.eq(choice),
                    ]
                    m.d.sync += [
                        address.eq(address + DESCRIPTOR_BYTES),
                        self.number.eq(self.number + 1),
                    ]
                    m.next = "fetch"
                    with m.If(inside):
                        m.d.sync += variant_left.eq(variant_left - 1)
                        with m.If(variant_left == 1):
                            m.d.sync += all_started.eq(left == 0)
                            m.next = "leave"
                    with m.Else():
                        m.d.sync += left.eq(left - 1)
                        with m.If((left == 1) & ~choice):
                            m.d.sync += all_started.eq(1)
                            m.next = "drain"
                    with m.If(choice):
                        m.d.sync += [
                            inside.eq(1),
                            behind.eq(address + DESCRIPTOR_BYTES),
                            address.eq(self.variant_address),
                            variant_left.eq(self.variant_count),
                            status.layers.eq(status.layers + 1),
                            status.layer_cycles.eq(cycles),
                            cycles.eq(1),
                        ]
            with m.State("leave"), m.If(under_way == 0):
                m.d.comb += self.leaves.eq(~failed)
                m.d.sync += [inside.eq(0), address.eq(behind)]
                m.next = "fetch"
                with m.If(stop | (left == 0)):
                    m.next = "drain"
            with m.State("drain"):
                m.d.comb += self.drains.eq(1)
                with m.If(under_way == 0):
                    m.next = "end"
                    with m.If(~failed & all_started & expects_product):
                        fail(CODES["bad_pair"], address, self.number)
                    with m.Elif(failed | all_started):
                        pass
                    with m.Elif(fetch_error.error):
                        bus_error(fetch_error, "read", self.number)
                    with m.Elif(refused):
                        where = Mux(wrong_address != 0, wrong_address, address)
                        fail(code, where, self.number)
                    with m.Else():
                        fail(CODES["aborted"], 0, self.number)
            with m.State("end"):
                # A fused layer that got no product.
                m.d.comb += self.cancel.eq(1)
                m.d.sync += expects_product.eq(0)
                m.d.comb += [
                    status.finished.eq(~failed),
                    status.failed.eq(failed),
                ]
                m.d.sync += [
                    status.busy.eq(0),
                    status.done.eq(status.finished),
                    status.error.eq(status.failed),
                ]
                m.next = "idle"
        return m
