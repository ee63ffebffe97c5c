"""The points of a space: flows and values of fields, combined."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from dittosim.flows import FlowName
from dittosim.sweeps.conditions import Conditions
from dittosim.sweeps.space import MAX_POINTS, Space
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, make_config

FLOW = "flow"
TRIES = 1000
"""Draws for each point that is wanted, before it is said that few are possible"""


@dataclass(frozen=True)
class Candidate:
    """A machine in a flow."""

    machine: MachineConfig
    flow: FlowName


@dataclass
class LeftOut:
    """Combinations that are none of the points."""

    impossible: list[str] = field(default_factory=list)
    """Why"""
    excluded: int = 0
    """By a condition"""

    @property
    def count(self) -> int:
        """All."""
        return len(self.impossible) + self.excluded


class Lattice:
    """All combinations of a space.

    DittosimError for a field that does not exist, or a condition that is none.
    """

    def __init__(self, space: Space, source: str) -> None:
        self._source = source
        self._base = load_config(space.base).model_dump()
        for name in space.grid:
            if name not in MachineConfig.model_fields:
                fields = ", ".join(MachineConfig.model_fields)
                raise DittosimError(
                    f"{source}: grid: unknown field '{name}'; the fields are {fields}"
                )
        self.axes: dict[str, list[Any]] = {FLOW: list(space.flows), **space.axes}
        self._conditions = Conditions(space.conditions, source)
        self.left_out = LeftOut()

    @property
    def count(self) -> int:
        """Of combinations, the impossible ones, too."""
        return math.prod(map(len, self.axes.values()))

    def every(self) -> list[Candidate]:
        """All that are possible; DittosimError if none is, or there are too many combinations."""
        if self.count > MAX_POINTS:
            raise DittosimError(
                f"{self._source}: grid: {self.count:,} points; at most {MAX_POINTS:,} are possible:"
                " take fewer values, or [random] or [search] with the number of points"
            )
        found = [self.candidate(self._at(number)) for number in range(self.count)]
        return self._some([one for one in found if one])

    def drawn(self, points: int, seed: int) -> list[Candidate]:
        """So many that are possible, each once, or all there are."""
        random = Random(seed)
        seen: set[int] = set()
        found: list[Candidate] = []
        for _ in range(TRIES * points):
            if len(found) == points or len(seen) == self.count:
                break
            # Of all that it offers, random() alone is promised to stay the same.
            number = int(random.random() * self.count)
            if number not in seen:
                seen.add(number)
                if one := self.candidate(self._at(number)):
                    found.append(one)
        return self._some(found)

    def candidate(self, values: Mapping[str, Any]) -> Candidate | None:
        """The machine of a combination; none if it is impossible or excluded, which is noted."""
        fields = {**self._base, **values}
        flow = FlowName(fields.pop(FLOW))
        try:
            machine = make_config(fields, self._source)
        except DittosimError as error:
            self.left_out.impossible.append(str(error))
            return None
        if not self._conditions.hold(machine, flow.value):
            self.left_out.excluded += 1
            return None
        return Candidate(machine, flow)

    def _at(self, number: int) -> dict[str, Any]:
        """A combination by its number; the last field changes first."""
        found = {}
        for name, values in reversed(self.axes.items()):
            number, place = divmod(number, len(values))
            found[name] = values[place]
        return found

    def _some(self, found: list[Candidate]) -> list[Candidate]:
        if found:
            return found
        raise self.nothing()

    def nothing(self) -> DittosimError:
        """What to say if no combination is possible."""
        left = self.left_out
        why = [f"{left.excluded} break a condition"] if left.excluded else []
        if left.impossible:
            why.append(f"{len(left.impossible)} are impossible, the first: {left.impossible[0]}")
        return DittosimError(f"{self._source}: no point of the grid is possible; {'; '.join(why)}")
