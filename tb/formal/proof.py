"""A proof: properties, how they are proven, and faults that they must show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tb.faults.fault import Fault
from tb.formal.properties import Properties


class Method(StrEnum):
    """How far a proof goes."""

    PDR = "property directed reachability"
    """Every run of any length; ABC finds the invariant."""
    BOUNDED = "bounded"
    """Every run of so many cycles from reset."""


@dataclass(frozen=True)
class Proof:
    """Properties of a module of one configuration."""

    name: str
    properties: type[Properties]
    method: Method
    depth: int
    """Cycles of a bounded proof, and in which a fault must show"""
    cover: int
    """Cycles in which all that is said to be reached is"""
    faults: Mapping[str, Fault]
    """By the property that each breaks"""
    longer: int = 0
    """Cycles on top in which a fault must show"""
    only: tuple[str, ...] = ()
    """Which of the properties it proves, if not all"""
    helped_by: tuple[str, ...] = ()
    """Properties of another proof that it proves again, for the prover to build on"""
    changes: Mapping[str, int] = field(default_factory=dict)
    """Of the preset's fields"""

    @property
    def holds(self) -> tuple[str, ...]:
        """The properties that it proves."""
        return self.only or tuple(self.properties.HOLDS)

    @property
    def asserts(self) -> tuple[str, ...]:
        """All that the prover is told to prove."""
        return (*self.holds, *self.helped_by)
