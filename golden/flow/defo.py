"""Defo, the choice of execution flow at run time: original activations or differences, per layer.

Source: Ditto (HPCA 2025, Defo and Defo Unit). Step 1 runs every layer on original activations and
records its cycles, step 2 on temporal differences; from step 3 on each layer runs in the cheaper
mode. Defo+ runs a layer for which temporal differences lose on spatial differences, which cost no
extra memory traffic. The paper's counters have 16 bits; here one count is ``2 ** COUNTER_SHIFT``
cycles, so that layers of a million cycles fit, and counters saturate. Those of our own machine are
as wide as its configuration says (:meth:`CycleCounter.of`).

Equal counts, saturated ones too, are a loss for temporal differences.

Results do not depend on the mode, so neither do the cycles that a layer would take in another
one: a whole run can be judged afterwards from a table of cycles (:func:`judge`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig

COUNTER_BITS = 16
COUNTER_SHIFT = 4

Cycles = Mapping[tuple[Mode, str, int], float]
"""Cycles by mode, layer and step, from any source"""


@dataclass(frozen=True)
class Decision:
    """An entry of the Defo Unit's table."""

    layer: str
    act: int
    """Count of step 1, on original activations"""
    temporal: int
    """Count of step 2, on temporal differences"""
    mode: Mode
    """From step 3 on"""


@dataclass(frozen=True)
class CycleCounter:
    """A counter of the Defo Unit."""

    bits: int = COUNTER_BITS
    unit_bits: int = COUNTER_SHIFT
    """One count is ``2 ** unit_bits`` cycles"""

    @classmethod
    def of(cls, config: MachineConfig) -> "CycleCounter":
        """That of a machine."""
        return cls(config.defo_counter_bits, config.defo_unit_bits)

    def count(self, cycles: float) -> int:
        """What it holds after so many cycles: whole units, at most what fits."""
        return min(int(cycles) >> self.unit_bits, 2**self.bits - 1)


def count(cycles: float) -> int:
    """What the paper's counter holds."""
    return CycleCounter().count(cycles)


def decide(
    layer: str,
    act: float,
    temporal: float,
    otherwise: Mode = Mode.ACT,
    counter: CycleCounter = CycleCounter(),
) -> Decision:
    """The decision from a layer's cycles in the first two steps.

    ``otherwise`` is the mode of layers for which differences lose: ACT, or SPATIAL for Defo+.
    """
    counts = counter.count(act), counter.count(temporal)
    mode = Mode.TEMPORAL if counts[1] < counts[0] else otherwise
    return Decision(layer, *counts, mode)


@dataclass
class Defo:
    """The flow of a denoiser: measures two steps, then decides. For one sampling run."""

    cycles: Callable[[LayerInput, Mode], float]
    """What a layer takes in a mode"""
    otherwise: Mode = Mode.ACT
    counter: CycleCounter = field(default_factory=CycleCounter)
    log: dict[str, Decision] = field(default_factory=dict)
    """Decisions by layer, once made"""
    _first: dict[str, float] = field(default_factory=dict)

    def __call__(self, layer_input: LayerInput) -> Mode:
        """The mode of this layer at this step."""
        name = layer_input.layer.name
        if layer_input.step == 0:
            self._first[name] = self.cycles(layer_input, Mode.ACT)
            return Mode.ACT
        if layer_input.step == 1:
            temporal = self.cycles(layer_input, Mode.TEMPORAL)
            first = self._first[name]
            self.log[name] = decide(name, first, temporal, self.otherwise, self.counter)
            return Mode.TEMPORAL
        return self.log[name].mode


@dataclass(frozen=True)
class Judgement:
    """Defo on a recorded run, beside an oracle that knows the cycles of every step."""

    decisions: dict[str, Decision]
    modes: dict[str, list[Mode]]
    """Of each layer, step by step"""
    cycles: float
    oracle: float
    """Cycles of the cheapest modes of every layer and step"""
    right: int
    """Decisions for a layer and a step, from step 3 on, that no other mode would have beaten"""
    decided: int
    """All such decisions"""

    @property
    def accuracy(self) -> float:
        """Share of right decisions; 1 for runs too short to decide anything."""
        return self.right / self.decided if self.decided else 1.0

    @property
    def regret(self) -> float:
        """Cycles beyond the oracle's, relative to it."""
        return self.cycles / self.oracle - 1

    @property
    def changed(self) -> float:
        """Share of layers that do not run on temporal differences."""
        others = sum(d.mode is not Mode.TEMPORAL for d in self.decisions.values())
        return others / len(self.decisions)


def judge(cycles: Cycles, otherwise: Mode = Mode.ACT) -> Judgement:
    """Defo's decisions on a run whose cycles are all known, and what they are worth.

    ``cycles`` holds every layer and step in ACT, TEMPORAL and ``otherwise``. Raises ValueError if
    an entry is missing, or with fewer than two steps.
    """
    layers = list(dict.fromkeys(layer for _, layer, _ in cycles))
    steps = 1 + max(step for _, _, step in cycles)
    if steps < 2:
        raise ValueError("Defo needs two steps to decide")
    choices = list(dict.fromkeys((otherwise, Mode.TEMPORAL)))
    for mode in {Mode.ACT, *choices}:
        for layer in layers:
            for step in range(steps):
                if (mode, layer, step) not in cycles:
                    raise ValueError(f"no cycles of layer '{layer}', step {step}, mode {mode}")
    decisions, modes = {}, {}
    total = best = 0.0
    right = 0
    for layer in layers:
        decision = decide(
            layer, cycles[Mode.ACT, layer, 0], cycles[Mode.TEMPORAL, layer, 1], otherwise
        )
        decisions[layer] = decision
        modes[layer] = [Mode.ACT, Mode.TEMPORAL, *[decision.mode] * (steps - 2)]
        for step, mode in enumerate(modes[layer]):
            taken = cycles[mode, layer, step]
            cheapest = min(
                cycles[choice, layer, step]
                for choice in {Mode.ACT, *choices}
                if step or choice is not Mode.TEMPORAL
            )
            total += taken
            best += cheapest
            right += step >= 2 and taken <= min(cycles[c, layer, step] for c in choices)
    return Judgement(decisions, modes, total, best, right, len(layers) * (steps - 2))
