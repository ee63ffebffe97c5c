"""Errors of memory: the first one of every unit, until the layer that it belongs to retires."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import NUMBER_BITS, Load, bus_error_layout
from rtl.scheduler.under_way import Kind, count_shape


class BusErrors(RtlModule):
    """Keeps the first error of every unit from the cycle in which it shows until ``clear``.

    Ports: ``read_error`` shows for a cycle, of descriptor ``read_number``, whose word was a
    ``read_load``; ``write_error``, of the vector unit with ``write_vector``, else of products and
    their output. A write is that of the oldest layer of its engine that has not ended, so behind
    those that have, but still wait for their turn: ``waiting_products`` and ``waiting_vectors``.

    Of the layer of ``kind`` and ``number`` that ``retires``: it ``failed`` if an error belongs to
    it, kept or showing. ``error`` tells it, a read's before a write's; ``of_write`` says which.
    ``found``: there is any error. ``fetch``: that of a descriptor.
    """

    LATENCY = 0
    module_name = "ditto_bus_errors"

    def __init__(self) -> None:
        super().__init__(
            {
                "clear": In(1),
                "read_error": In(bus_error_layout()),
                "read_load": In(unsigned(3)),
                "read_number": In(unsigned(NUMBER_BITS)),
                "write_error": In(bus_error_layout()),
                "write_vector": In(1),
                "retires": In(1),
                "kind": In(unsigned(2)),
                "number": In(unsigned(NUMBER_BITS)),
                "waiting_products": In(count_shape()),
                "waiting_vectors": In(count_shape()),
                "failed": Out(1),
                "of_write": Out(1),
                "error": Out(bus_error_layout()),
                "found": Out(1),
                "fetch": Out(bus_error_layout()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        load = self.read_load
        of_vector, of_output = load == Load.VECTOR, load == Load.OUTPUT
        of_descriptor = load == Load.DESCRIPTOR
        of_product = ~(of_vector | of_output | of_descriptor)
        reads = {
            Kind.PRODUCT: self._read(m, "product", of_product),
            Kind.VECTOR: self._read(m, "vector", of_vector),
            Kind.FUSED: self._read(m, "fused", of_output),
        }
        fetch, _, _ = self._kept(m, "descriptor_read", of_descriptor, self.read_error)
        writes = {
            Kind.PRODUCT: self._write(m, Kind.PRODUCT, ~self.write_vector, self.waiting_products),
            Kind.VECTOR: self._write(m, Kind.VECTOR, self.write_vector, self.waiting_vectors),
        }
        m.d.comb += self.fetch.eq(fetch)
        told = (*reads.values(), *writes.values())
        m.d.comb += self.found.eq(Cat(fetch.error, *(error.error for error, _ in told)).any())
        with m.Switch(self.kind):
            for kind, read in reads.items():
                with m.Case(kind):
                    if kind in writes:
                        self._tell(m, writes[kind], 1)
                    self._tell(m, read, 0)
        return m

    def _tell(self, m: Module, told: tuple[Any, Signal], of_write: int) -> None:
        error, own = told
        with m.If(error.error & own):
            m.d.comb += [self.failed.eq(1), self.error.eq(error), self.of_write.eq(of_write)]

    def _kept(self, m: Module, name: str, shows: Signal, shown: Any) -> tuple[Any, Any, Signal]:
        """The first error, kept or showing; the kept one; whether this cycle's is kept."""
        kept = Signal(bus_error_layout(), name=f"{name}_kept")
        first = Signal(bus_error_layout(), name=name)
        keep = Signal(name=f"{name}_keep")
        m.d.comb += [
            keep.eq(shown.error & shows & ~kept.error),
            first.eq(Mux(kept.error, kept.as_value(), shown.as_value())),
            first.error.eq(kept.error | keep),
        ]
        with m.If(self.clear):
            m.d.sync += kept.error.eq(0)
        with m.Elif(keep):
            m.d.sync += kept.eq(shown)
        return first, kept, keep

    def _read(self, m: Module, name: str, shows: Any) -> tuple[Any, Signal]:
        """The unit's first error, and whether it is of descriptor ``number``."""
        first, kept, keep = self._kept(m, f"{name}_read", shows, self.read_error)
        number = Signal(NUMBER_BITS, reset_less=True, name=f"{name}_number")
        own = Signal(name=f"{name}_read_own")
        with m.If(keep):
            m.d.sync += number.eq(self.read_number)
        m.d.comb += own.eq(Mux(kept.error, number, self.read_number) == self.number)
        return first, own

    def _write(self, m: Module, kind: Kind, shows: Any, waiting: Signal) -> tuple[Any, Signal]:
        """The engine's first error, and whether it is of its oldest layer that has not retired."""
        name = kind.name.lower()
        first, kept, _ = self._kept(m, f"{name}_write", shows, self.write_error)
        before = Signal(count_shape(), reset_less=True, name=f"{name}_before_write")
        before_now = Signal(count_shape(), name=f"{name}_before_now")
        own = Signal(name=f"{name}_write_own")
        retires = self.retires & (self.kind == kind)
        m.d.comb += [
            before_now.eq(Mux(kept.error, before, waiting)),
            own.eq(before_now == 0),
        ]
        with m.If(retires & ~own):
            m.d.sync += before.eq(before_now - 1)
        with m.Else():
            m.d.sync += before.eq(before_now)
        return first, own
