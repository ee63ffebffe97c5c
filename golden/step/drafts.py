"""Layers of a queue before their tensors have addresses."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, Flag, auto
from typing import Any

from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.vector.dependencies import AnyDescriptor


class Lifetime(Enum):
    """How long a buffer holds what is written into it."""

    CONSTANT = auto()
    """From before the first step on: weights, parameters, tables"""
    KEPT = auto()
    """From step to step, or from the host to the step and back"""
    PAIR = auto()
    """One for this step, one with what the previous step left; they swap"""
    STEP = auto()
    """Within a step, from the first write to the last read"""


@dataclass(frozen=True)
class Buffer:
    """A piece of memory by name."""

    name: str
    size: int
    lifetime: Lifetime
    data: bytes = b""
    """Of a constant"""


@dataclass(frozen=True)
class Place:
    """A byte of a buffer."""

    buffer: Buffer
    offset: int = 0
    previous: bool = False
    """Of a pair: that of the previous step"""

    def at(self, offset: int) -> "Place":
        """So many bytes further on."""
        return replace(self, offset=self.offset + offset)

    @property
    def before(self) -> "Place":
        """What the previous step left there."""
        return replace(self, previous=True)


@dataclass(frozen=True)
class ProductOf:
    """What a product is a part of."""

    plan: Plan
    mode: Mode
    layer: str
    head: int | None = None
    """None where there is one only"""
    number: int = 0
    """1 for the second of two, where both operands change"""


class Wish(Flag):
    """What the plan of a product should allow, beside the product."""

    WORDS = auto()
    """Chunks of k that begin with bus words: its weights are transposed while they are packed"""
    OUTPUT = auto()
    """Results that go through the output stage, if any plan does"""


PlanOf = Callable[[str, int, LayerShape, Mode, Wish], Plan]
"""The plan of a layer's product of that number."""


@dataclass(frozen=True)
class Draft:
    """A descriptor whose addresses are 0, and what they will be."""

    name: str
    node: str
    descriptor: AnyDescriptor
    places: Mapping[str, Place]
    """By field of the descriptor"""
    product: ProductOf | None = None
    variants: Mapping[Mode, tuple["Draft", ...]] = field(default_factory=dict)
    """Of a choice"""


def every_draft(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """All of them, with the variants of a choice one after the other behind it."""
    for draft in drafts:
        yield draft
        for variant in draft.variants.values():
            yield from variant


def with_addresses(descriptor: AnyDescriptor, fields: Mapping[str, int]) -> AnyDescriptor:
    """The descriptor with its addresses, by field."""
    values: dict[str, Any] = dict(fields)
    return replace(descriptor, **values)
