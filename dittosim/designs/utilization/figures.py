"""What a machine does with a model: how busy it is, why not more, how long it waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from dittosim.designs.design import Design
from dittosim.designs.utilization.array_cycles import Idle
from dittosim.designs.utilization.cuts import array_cycles, as_elements, cheapest, cut_for_the_array
from dittosim.designs.utilization.model_products import ArrayProduct, moved_as, slots
from golden.machine.config import MachineConfig


@dataclass(frozen=True)
class ModelFigures:
    """Sums over the products of a model."""

    macs: int
    could_be: Idle
    """Multipliers times cycles of the array, cut for it alone"""
    as_cut: Idle
    """The same, cut for the fewest cycles with memory"""
    computing: int
    """Cycles of the array, cut for it alone, with the slots of the paper's bit widths"""
    least: int
    """At least, with those and memory, each product alone, cut for that"""
    by_product: Sequence[tuple[ArrayProduct, Idle]]
    """Of ``could_be``"""

    @property
    def busy(self) -> float:
        """Share of multipliers that have an element, cut for the array alone."""
        return self.could_be.busy / self.could_be.all

    @property
    def busy_as_cut(self) -> float:
        """The same, cut for the fewest cycles with memory."""
        return self.as_cut.busy / self.as_cut.all

    @property
    def waiting(self) -> float:
        """Share of all cycles beyond those that the array needs."""
        return 1 - self.computing / self.least

    def most_idle(self, count: int) -> list[tuple[ArrayProduct, float]]:
        """Products behind which most multipliers are idle, and their part of all that are."""
        idle = [(one, each.all - each.busy) for one, each in self.by_product]
        whole = sum(each for _, each in idle)
        idle.sort(key=lambda pair: -pair[1])
        return [(one, each / whole) for one, each in idle[:count]]


def figures(found: Sequence[ArrayProduct], design: Design, machine: MachineConfig) -> ModelFigures:
    """Of a model's products; DittosimError names one that does not fit."""
    config = as_elements(machine)
    by_product = []
    as_cut = Idle(0, 0, 0, 0, 0)
    computing = least = 0
    for one in found:
        moved, each = moved_as(one.mode, design), slots(one.mode, design, machine.tile)
        plan = cut_for_the_array(one, moved, config)
        by_product.append((one, Idle.of(one, config, one.count * array_cycles(plan))))
        computing += one.count * array_cycles(plan, each)
        cut = cheapest(one, moved, config, each)
        as_cut += Idle.of(one, config, one.count * cut.array)
        least += one.count * cut.least
    could_be = sum((idle for _, idle in by_product), Idle(0, 0, 0, 0, 0))
    macs = sum(one.macs for one in found)
    return ModelFigures(macs, could_be, as_cut, computing, least, by_product)


def least_with_memory(found: Sequence[ArrayProduct], design: Design, machine: MachineConfig) -> int:
    """Cycles of a model's products as in :class:`ModelFigures`; errors as :func:`figures`."""
    config = as_elements(machine)
    return sum(
        one.count
        * cheapest(
            one, moved_as(one.mode, design), config, slots(one.mode, design, machine.tile)
        ).least
        for one in found
    )
