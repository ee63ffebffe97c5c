"""Whose error of memory is told, and when: of layers that end in another order than they began."""

from collections.abc import Mapping

import pytest
from amaranth.sim import Simulator

from rtl.scheduler.bus_errors import BusErrors
from rtl.scheduler.layouts import Load
from rtl.scheduler.under_way import Kind

PRODUCT, VECTOR, FUSED = Kind.PRODUCT, Kind.VECTOR, Kind.FUSED
Cycle = tuple[Mapping[str, int], Mapping[str, int] | None]
"""Values of ports in a cycle, and what is told of the layer that retires in it, if one does"""
DONE: Mapping[str, int] = {"failed": 0}


def read(load: Load, number: int, address: int = 0x40, response: int = 2) -> dict[str, int]:
    """A read error shows."""
    error = 1 | response << 1 | address << 3
    return {"read_error": error, "read_load": load, "read_number": number}


def write(vector: int, waiting: int = 0, address: int = 0x80) -> dict[str, int]:
    """A write error shows, of an engine of which so many layers wait for their turn."""
    error = 1 | 3 << 1 | address << 3
    name = "waiting_vectors" if vector else "waiting_products"
    return {"write_error": error, "write_vector": vector, name: waiting}


def retires(kind: Kind, number: int) -> dict[str, int]:
    """The oldest layer ends."""
    return {"retires": 1, "kind": kind, "number": number}


def told(of_write: int, address: int) -> dict[str, int]:
    return {"failed": 1, "of_write": of_write, "address": address}


CASES: dict[str, list[Cycle]] = {
    "in the cycle in which it shows": [
        (read(Load.INPUTS, 3) | retires(PRODUCT, 3), told(0, 0x40)),
    ],
    "kept": [(read(Load.WEIGHTS, 3), None), ({}, None), (retires(PRODUCT, 3), told(0, 0x40))],
    "of the product behind": [
        (read(Load.REFERENCE, 4), None),
        (retires(PRODUCT, 3), DONE),
        (retires(PRODUCT, 4), told(0, 0x40)),
    ],
    "the first of two": [
        (read(Load.PREVIOUS, 3), None),
        (read(Load.PREVIOUS, 3, address=0x100), None),
        (retires(PRODUCT, 3), told(0, 0x40)),
    ],
    "of every unit": [
        (read(Load.VECTOR, 4), None),
        (read(Load.OUTPUT, 5, address=0x100), None),
        (read(Load.INPUTS, 6, address=0x140), None),
        (retires(VECTOR, 4), told(0, 0x40)),
        (retires(FUSED, 5), told(0, 0x100)),
        (retires(PRODUCT, 6), told(0, 0x140)),
    ],
    "of a descriptor, which is no layer's": [
        (read(Load.DESCRIPTOR, 3), None),
        (retires(PRODUCT, 3), DONE),
    ],
    "a read's before a write's": [
        (write(0), None),
        (read(Load.INPUTS, 3), None),
        (retires(PRODUCT, 3), told(0, 0x40)),
    ],
    "a write's of its own engine": [
        (write(1), None),
        (retires(PRODUCT, 3), DONE),
        (retires(VECTOR, 4), told(1, 0x80)),
    ],
    "a write's behind products that wait for their turn": [
        (write(0, waiting=2), None),
        (retires(VECTOR, 3), DONE),
        (retires(PRODUCT, 4) | {"waiting_products": 2}, DONE),
        (retires(PRODUCT, 5) | {"waiting_products": 1}, DONE),
        (retires(PRODUCT, 6), told(1, 0x80)),
    ],
    "a write's while the product before retires": [
        (write(0, waiting=1) | retires(PRODUCT, 3), DONE),
        (retires(PRODUCT, 4), told(1, 0x80)),
    ],
    "cleared": [
        (read(Load.INPUTS, 0), None),
        ({"clear": 1}, None),
        (retires(PRODUCT, 0), DONE),
    ],
}


@pytest.mark.parametrize("cycles", CASES.values(), ids=CASES)
def test_an_error_is_told_of_the_layer_that_it_belongs_to(cycles: list[Cycle]) -> None:
    dut = BusErrors()
    ports = ("clear", "read_load", "read_number", "write_vector", "retires", "kind", "number")
    ports += ("waiting_products", "waiting_vectors")

    async def bench(ctx) -> None:
        found = False
        for values, expected in cycles:
            for port in ports:
                ctx.set(getattr(dut, port), values.get(port, 0))
            for port in ("read_error", "write_error"):
                ctx.set(getattr(dut, port).as_value(), values.get(port, 0))
            found |= "read_error" in values or "write_error" in values
            assert ctx.get(dut.found) == found
            if expected is not None:
                assert ctx.get(dut.failed) == expected["failed"]
                if expected["failed"]:
                    assert ctx.get(dut.of_write) == expected["of_write"]
                    assert ctx.get(dut.error.address) == expected["address"]
            found &= "clear" not in values
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
