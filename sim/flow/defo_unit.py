"""The Defo Unit's table, from the cycles that the simulator counts."""

from dataclasses import dataclass, field

from golden.difference.matmul import Mode
from golden.flow.defo import CycleCounter, Decision, decide


@dataclass
class DefoTable:
    """Entries of the layers that choose, by layer; of one sampling run."""

    counter: CycleCounter
    otherwise: Mode
    """The mode of layers for which temporal differences lose"""
    entries: dict[str, Decision] = field(default_factory=dict)
    """As the hardware shows them; from step 1 on their modes are decisions"""
    _first: dict[str, int] = field(default_factory=dict)

    def mode(self, step: int, layer: str) -> Mode:
        """In which it runs; steps count from 0."""
        if self.measures(step):
            return Mode.TEMPORAL if step else Mode.ACT
        return self.entries[layer].mode

    @staticmethod
    def measures(step: int) -> bool:
        """Whether the cycles of layers are wanted in it."""
        return step < 2

    def measure(self, step: int, layer: str, cycles: int) -> None:
        """Its cycles from the choice to the end of its variant."""
        if step == 0:
            self._first[layer] = cycles
            self.entries[layer] = Decision(layer, self.counter.count(cycles), 0, Mode.ACT)
        elif step == 1:
            first = self._first[layer]
            self.entries[layer] = decide(layer, first, cycles, self.otherwise, self.counter)
