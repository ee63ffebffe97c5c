"""Saturation of results to the bits that they are stored with."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed


def saturated(m: Module, value: Any, wide: Any) -> Signal:
    """The nearest number of 16 bits if ``wide``, else of 8, sign extended."""
    low, high = Signal(signed(16)), Signal(signed(16))
    result = Signal(signed(16))
    m.d.comb += [
        high.eq(Mux(wide, 0x7FFF, 0x7F)),
        low.eq(Mux(wide, -0x8000, -0x80)),
        result.eq(value),
    ]
    with m.If(value > high):
        m.d.comb += result.eq(high)
    with m.Elif(value < low):
        m.d.comb += result.eq(low)
    return result
