"""Registers in a row."""

from typing import Any

from amaranth.hdl import Module, Signal


def delayed(m: Module, signal: Any, cycles: int, *, reset_less: bool = True) -> Any:
    """What ``signal`` (a Signal, or a view of one) was ``cycles`` before."""
    for _ in range(cycles):
        later = Signal(signal.shape(), reset_less=reset_less)
        m.d.sync += later.eq(signal)
        signal = later
    return signal
