"""Sums and products without carries against Python's integers."""

import pytest
from amaranth.hdl import Module, Signal, Value, signed
from amaranth.sim import Simulator
from hypothesis import given, settings
from hypothesis import strategies as st

from rtl.blocks.addition import carry_save, products

SETTINGS = settings(max_examples=20, deadline=None)


def _numbers(bits: int) -> st.SearchStrategy[int]:
    """Signed ones, the extremes often."""
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1
    return st.sampled_from([low, high, -1, 0, 1]) | st.integers(low, high)


def _settled(m: Module, inputs: list[Value], numbers: list[int], outputs: list[Value]) -> list[int]:
    """What a module without registers makes of its inputs."""
    found = []

    async def process(context) -> None:
        for signal, value in zip(inputs, numbers, strict=True):
            context.set(signal, value)
        found.extend(context.get(one) for one in outputs)

    simulator = Simulator(m)
    simulator.add_testbench(process)
    simulator.run()
    return found


WIDTHS = [(26, 18, 43), (41, 18, 58), (33, 17, 50), (33, 17, 57), (17, 17, 35), (2, 3, 5)]
"""Of both factors and of the product: shorter, as long, and longer than both"""


@pytest.mark.parametrize(("a_bits", "b_bits", "bits"), WIDTHS)
@SETTINGS
@given(data=st.data())
def test_rows_of_a_product_add_up_to_it(
    a_bits: int, b_bits: int, bits: int, data: st.DataObject
) -> None:
    m = Module()
    a, b, more = Signal(signed(a_bits)), Signal(signed(b_bits)), Signal(signed(bits))
    numbers = [data.draw(_numbers(one)) for one in (a_bits, b_bits, bits)]
    pair = carry_save(m, [*products(m, a, b, bits), more], bits)
    expected = (numbers[0] * numbers[1] + numbers[2]) % (1 << bits)
    assert sum(_settled(m, [a, b, more], numbers, list(pair))) % (1 << bits) == expected


@pytest.mark.parametrize("rows", range(1, 8))
def test_rows_are_added_without_carries(rows: int) -> None:
    m = Module()
    signals = [Signal(8, name=f"row{n}") for n in range(rows)]
    pair = carry_save(m, signals, 8)
    values = [37 * n + 200 & 255 for n in range(rows)]
    assert sum(_settled(m, signals, values, list(pair))) & 255 == sum(values) & 255
