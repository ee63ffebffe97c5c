"""Steps whose units were watched, made up: what pictures and traces are drawn from."""

from dittosim.timelines.activity import ShownLayer, StepActivity
from golden.accelerator.counters import Counters
from golden.difference.matmul import Mode
from sim.run.activity import Busy, Unit


def watched_steps(steps: int, layers: int, cycles: int) -> list[StepActivity]:
    """As many steps of as many layers, each ``cycles`` cycles of passes, a read and a write."""
    return [_step(number, layers, cycles) for number in range(steps)]


def _step(number: int, layers: int, cycles: int) -> StepActivity:
    units: list[Busy] = []
    for layer in range(layers):
        first = layer * cycles + 1
        end = first + cycles - 1
        units.append(Busy(Unit.LAYERS, layer, first, end))
        units.append(Busy(Unit.CHOICES, layer, first, end - 2))
        units.append(Busy(Unit.PASSES, layer, first + 1, end - 3))
        if layer % 2:
            units.append(Busy(Unit.VECTOR, layer, end - 1, end - 1))
        moved = {"moved": 64, "asked": first, "done": end}
        units.append(Busy(Unit.READS_INPUTS, layer, first + 1, first + 2, **moved))
        units.append(Busy(Unit.WRITES_RESULTS, layer, end - 2, end - 1, **moved))
    names = [f"block{layer}.attention.project" for layer in range(layers)]
    modes = [*Mode]
    return StepActivity(
        f"step {number}",
        "odd" if number % 2 else "even",
        [ShownLayer(name, name, modes[n % len(modes)]) for n, name in enumerate(names)],
        units,
        Counters(cycles=layers * cycles + 2),
    )
