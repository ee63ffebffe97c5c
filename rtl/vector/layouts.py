"""Payloads within the vector unit."""

from enum import IntEnum

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

SLOTS = 2
"""Halves of every buffer"""
SUM_BITS = 40
"""Of the sum of a normalization's group"""
SQUARE_BITS = 55
"""Of the sum of its squares"""
ROOT_BITS = 17
PLACES_BITS = 6
"""Of the shift behind the multiplication by the reciprocal root"""
PARAMETER_BITS = 64
LEAST = -(1 << 16)
"""Below every element of a softmax"""


class Sweep(IntEnum):
    """What the lanes do with each element while the engine walks over a pixel or a block."""

    SCALE = 0
    SUM = 1
    PRODUCT = 2
    STATISTICS = 3
    NORMALIZE = 4
    MAXIMUM = 5
    POWERS = 6
    PROBABILITY = 7


def parameter_layout() -> data.StructLayout:
    """A channel's parameters (:class:`golden.vector.descriptor.Parameters`)."""
    return data.StructLayout(
        {"bias": signed(32), "multiplier": signed(17), "shift": unsigned(6), "group": unsigned(9)}
    )


def statistics_layout() -> data.StructLayout:
    """Of a channel: its sums, and then those of its group with its reciprocal root."""
    return data.StructLayout({"total": signed(SUM_BITS), "squares": unsigned(SQUARE_BITS)})


def root_layout() -> data.StructLayout:
    """What stands in the place of squares once a group is done."""
    return data.StructLayout({"root": unsigned(ROOT_BITS), "places": unsigned(PLACES_BITS)})


def uniform_layout() -> data.StructLayout:
    """What is the same for all elements of a sweep, stable while it is under way.

    ``bias`` and ``b_bias`` are added to elements; results are at most ``high`` and more than
    ``below`` before ``zero`` is added, and ``wide`` if they have 16 bits.
    """
    return data.StructLayout(
        {
            "sweep": unsigned(3),
            "per_channel": unsigned(1),
            "table": unsigned(1),
            "wide": unsigned(1),
            "bias": signed(17),
            "b_bias": signed(17),
            "zero": signed(16),
            "high": signed(17),
            "below": signed(17),
            "multiplier": signed(17),
            "second_multiplier": signed(17),
            "shift": unsigned(6),
            "count": unsigned(25),
        }
    )
