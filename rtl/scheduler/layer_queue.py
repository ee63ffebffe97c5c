"""The queue: fetches descriptors, checks them, hands their layers on one after the other."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.choice import MAGIC as CHOICE_MAGIC
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.machine.config import MachineConfig
from golden.machine.timing import CHECK_LATENCY, DESCRIPTOR_LATENCY
from golden.vector.descriptor import MAGIC as VECTOR_MAGIC
from rtl.blocks.module import RtlModule
from rtl.bus.axi import DECODE_ERROR, transfer_layout
from rtl.scheduler.bus_errors import BusErrors
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
from rtl.scheduler.under_way import ENGINES, Kind, UnderWay
from rtl.scheduler.vector_check import VectorCheck

VARIANT_BITS = 16
"""Of the number of descriptors of a variant"""


class LayerQueue(RtlModule):
    """Runs ``count`` layers whose descriptors lie one after the other from ``base`` on.

    Ports: ``go`` starts the queue when it is not busy; ``abort`` keeps it from starting further
    layers. ``command`` asks for a descriptor, ``loaded`` says that ``descriptor`` holds it. It is
    handed on with its ``number``, in order; the next one is fetched meanwhile:

    - a product with ``start`` to the loader, when that is ``free``, and, if it has output, when the
      fused layer before it is ``streaming``; ``cancel`` ends one that no product follows;
    - a vector layer with ``start_vector``, when the vector unit is not ``vector_active`` and no
      more products are under way than the layer allows;
    - a fused one with ``start_output``, when the output stage is not ``output_active`` and the
      product with output before it has ended: ``ended_output``, or ends in this cycle (one that
      has not ``puts_out``); products as for vector layers, and the vector unit if the layer says
      so;
    - a choice is taken with ``chooses``: the ``variant_count`` descriptors from
      ``variant_address`` on run before the next one of the queue is fetched. ``leaves`` tells when
      the last one of them starts; of a choice that is ``measured``, which is taken when nothing is
      under way, when all of them are done. ``choice_code`` says what is wrong with it,
      ``choice_address`` where.

    None starts while ``LAYERS_UNDER_WAY`` are under way, choices among them. ``ended`` has a bit
    per engine (:data:`rtl.scheduler.under_way.ENGINES`); layers are counted as done in the order of
    the queue, and that they are tells those that ask for an interrupt. ``alone``: no more than one
    product has not ended; ``drains``: there are no more layers to start.

    A wrong descriptor, or an error of memory (``read_error`` of a ``read_load`` for descriptor
    ``read_number``, ``write_error`` of the vector unit with ``write_vector``; each shows for a
    cycle), keeps further layers from starting; those under way come to their ends, and the error
    of the first one of them that has any is told. ``status`` tells all
    (:func:`rtl.scheduler.layouts.status_layout`).

    ``status`` counts descriptors as they run, a choice as one that has ended when it is taken.

    A layer starts ``LATENCY`` cycles after its descriptor came, if its engine is free.
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
                "start_output": Out(1),
                "vector_active": In(1),
                "output_active": In(1),
                "streaming": In(1),
                "cancel": Out(1),
                "chooses": Out(1),
                "leaves": Out(1),
                "choice_code": In(unsigned(CODE_BITS)),
                "choice_address": In(unsigned(ADDRESS_BITS)),
                "variant_address": In(unsigned(ADDRESS_BITS)),
                "variant_count": In(unsigned(VARIANT_BITS)),
                "measured": In(1),
                "free": In(1),
                "ended": In(unsigned(len(ENGINES))),
                "ended_output": In(1),
                "puts_out": Out(1),
                "alone": Out(1),
                "drains": Out(1),
                "read_error": In(bus_error_layout()),
                "read_load": In(unsigned(3)),
                "read_number": In(unsigned(NUMBER_BITS)),
                "write_error": In(bus_error_layout()),
                "write_vector": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        status = self.status
        product_check = self.instantiate(m, "check", DescriptorCheck(self.config))
        vector_check = self.instantiate(m, "vector_check", VectorCheck(self.config))
        under_way = self.instantiate(m, "under_way", UnderWay())
        errors = self.instantiate(m, "errors", BusErrors())
        code, wrong_address = Signal(CODE_BITS), Signal(ADDRESS_BITS)
        own_code, choice_code = Signal(CODE_BITS), Signal(CODE_BITS)
        vector_view = Signal(vector_layout())
        address = Signal(ADDRESS_BITS, reset_less=True)
        # Of the descriptor behind this one; settled long before that is wanted.
        following = Signal(ADDRESS_BITS, reset_less=True)
        refused, aborted, failed, stop = Signal(), Signal(), Signal(), Signal()
        cycles = Signal.like(status.layer_cycles)
        bad_queue = Signal()
        bus_bits = (self.config.bus_bytes - 1).bit_length()
        vector, fused, pairs, expects_product = Signal(), Signal(), Signal(), Signal()
        begins, may_start, kind = Signal(), Signal(), Signal(Kind)
        # Descriptors of the queue, and of the variant that it is inside of, that have not started.
        left, variant_left = Signal(NUMBER_BITS), Signal(VARIANT_BITS)
        choice, inside, all_started = Signal(), Signal(), Signal()
        behind = Signal(ADDRESS_BITS, reset_less=True)
        with m.If(begins):
            m.d.sync += expects_product.eq(fused)
        with m.If(self.start & pairs):
            m.d.sync += self.puts_out.eq(1)
        with m.Elif(self.ended_output):
            m.d.sync += self.puts_out.eq(0)
        settled = Signal(range(CHECK_LATENCY))
        products_done = Signal()
        m.d.comb += products_done.eq(under_way.products <= vector_view.products)
        with m.If(under_way.full):
            m.d.comb += may_start.eq(0)
        with m.Elif(choice):
            m.d.comb += may_start.eq(under_way.empty | ~self.measured)
        with m.Elif(fused):
            m.d.comb += may_start.eq(
                ~self.output_active
                & (~self.puts_out | self.ended_output)
                & products_done
                & ~(vector_view.waits_vector & self.vector_active)
            )
        with m.Elif(vector):
            m.d.comb += may_start.eq(~self.vector_active & products_done)
        with m.Else():
            m.d.comb += may_start.eq(self.free & (~pairs | self.streaming))
        m.d.comb += [
            vector.eq(self.descriptor.magic == VECTOR_MAGIC),
            choice.eq(self.descriptor.magic == CHOICE_MAGIC),
            fused.eq(vector & vector_view.fused),
            pairs.eq(~vector & ~choice & self.descriptor.output),
            kind.eq(
                Mux(
                    fused,
                    Kind.FUSED,
                    Mux(vector, Kind.VECTOR, Mux(choice, Kind.CHOICE, Kind.PRODUCT)),
                )
            ),
            vector_view.as_value().eq(self.descriptor.as_value()),
            begins.eq(self.start | self.start_vector | self.start_output | self.chooses),
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
            self.alone.eq(under_way.products <= 1),
            failed.eq(status.code != CODES["none"]),
            stop.eq(aborted | failed | errors.found),
        ]
        m.d.comb += [
            under_way.begins.eq(begins),
            under_way.kind.eq(kind),
            # It lies in the same place in both kinds of layers.
            under_way.interrupt.eq(self.descriptor.interrupt & ~choice),
            under_way.ended.eq(self.ended),
            errors.read_error.eq(self.read_error),
            errors.read_load.eq(self.read_load),
            errors.read_number.eq(self.read_number),
            errors.write_error.eq(self.write_error),
            errors.write_vector.eq(self.write_vector),
            errors.retires.eq(under_way.retires),
            errors.kind.eq(under_way.retired_kind),
            # The number of layers that are done is the number of the one that retires.
            errors.number.eq(status.layers),
            errors.waiting_products.eq(under_way.waiting_products),
            errors.waiting_vectors.eq(under_way.waiting_vectors),
        ]
        m.d.sync += following.eq(address + DESCRIPTOR_BYTES)
        m.d.sync += cycles.eq(Mux(under_way.retires, 1, cycles + 1))
        with m.If(self.abort & status.busy):
            m.d.sync += aborted.eq(1)

        def fail(code, where, number) -> None:
            m.d.sync += [
                status.code.eq(code),
                status.address.eq(where),
                status.number.eq(number),
            ]

        def bus_error(error, of_write, number) -> None:
            slave, decode = (
                Mux(of_write, CODES[f"write_{one}_error"], CODES[f"read_{one}_error"])
                for one in ("slave", "decode")
            )
            fail(Mux(error.response == DECODE_ERROR, decode, slave), error.address, number)

        with m.If(under_way.retires & ~failed):
            with m.If(errors.failed):
                bus_error(errors.error, errors.of_write, status.layers)
            with m.Else():
                m.d.comb += status.layer_done.eq(under_way.retired_interrupt)
                m.d.sync += [
                    status.layers.eq(status.layers + 1),
                    status.layer_cycles.eq(cycles),
                ]

        def leave() -> None:
            """On to what is behind the choice; an error keeps its layer from being measured."""
            m.d.comb += self.leaves.eq(~failed)
            m.d.sync += [inside.eq(0), address.eq(behind)]
            m.next = "fetch"
            with m.If(stop | (left == 0)):
                m.next = "drain"

        with m.FSM():
            with m.State("idle"), m.If(self.go):
                m.d.comb += errors.clear.eq(1)
                m.d.sync += [
                    address.eq(self.base),
                    self.number.eq(0),
                    refused.eq(0),
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
                m.d.sync += settled.eq(settled + 1)
                with m.If(settled == CHECK_LATENCY - 1):
                    m.d.sync += settled.eq(0)
                    m.next = "check"
            with m.State("check"):
                m.next = "start"
                with m.If(code != CODES["none"]):
                    m.d.sync += refused.eq(1)
                    m.next = "drain"
            with m.State("start"):
                with m.If(stop):
                    m.next = "drain"
                with m.Elif(may_start):
                    m.d.comb += [
                        self.start.eq(~vector & ~choice),
                        self.start_vector.eq(vector & ~fused),
                        self.start_output.eq(fused),
                        self.chooses.eq(choice),
                    ]
                    m.d.sync += [
                        address.eq(following),
                        self.number.eq(self.number + 1),
                    ]
                    m.next = "fetch"
                    with m.If(inside):
                        m.d.sync += variant_left.eq(variant_left - 1)
                        with m.If(variant_left == 1):
                            m.d.sync += all_started.eq(left == 0)
                            with m.If(self.measured):
                                m.next = "leave"
                            with m.Else():
                                leave()
                    with m.Else():
                        m.d.sync += left.eq(left - 1)
                        with m.If((left == 1) & ~choice):
                            m.d.sync += all_started.eq(1)
                            m.next = "drain"
                    with m.If(choice):
                        m.d.sync += [
                            inside.eq(1),
                            behind.eq(following),
                            address.eq(self.variant_address),
                            variant_left.eq(self.variant_count),
                        ]
            with m.State("leave"), m.If(under_way.empty):
                leave()
            with m.State("drain"):
                m.d.comb += self.drains.eq(1)
                with m.If(under_way.empty):
                    m.next = "end"
                    with m.If(~failed & all_started & expects_product):
                        fail(CODES["bad_pair"], address, self.number)
                    with m.Elif(failed | all_started):
                        pass
                    # A descriptor is fetched before the loads of the layers before it have come:
                    # its error waits until those had the chance to have one.
                    with m.Elif(errors.fetch.error):
                        bus_error(errors.fetch, 0, self.number)
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
