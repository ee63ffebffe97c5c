"""Cambricon-D (Kong et al., ISCA 2024): temporal differences on narrow and wide multipliers."""

from dataclasses import dataclass, replace

import numpy as np

from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.formats.encoding import differences
from golden.jit import njit
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.run.array_events import ArrayEvents, array_events
from sim.scheduler.pass_cycles import PassSlots, closed_passes

NARROW_PER_WIDE = 15
GROUP, WIDE_IN_GROUP = 60, 4
"""Neighbouring elements of a row that share wide multipliers, and how many of those there are"""
LARGEST_NARROW = 15
"""Magnitude of a difference that a narrow multiplier takes"""
RAW_SLOTS = 2
"""Cycles of a narrow multiplier for an 8-bit value"""


@dataclass
class CambriconD:
    """A dense tile whose multipliers are narrow, beside one wide one for every 15 of them.

    It times programs in which attention and the first step are on original activations. Taken from
    the paper: 60 narrow and 4 wide multipliers in a PE; within a group of inputs at most 4 outliers
    get a wide one, further ones are clipped; attention on raw values; the sign mask.

    Assumed:

    - narrow multipliers are those of Ditto's comparison, 4 x 8 bits, and an outlier is a difference
      that one digit does not hold (:class:`golden.difference.bit_widths.BitWidths`);
    - every element of a difference takes a cycle of a narrow multiplier, zero or not, outliers
      beside them: nothing is skipped, so cycles do not depend on values;
    - raw values take two cycles of a narrow multiplier, half of their bits in each;
    - with the sign mask every layer takes differences and passes them on: neither previous inputs
      nor sums move. The mask itself, a bit per element, is not in the time.

    Clipping and the sign mask change results; values here stay exact, what would be clipped is
    counted.
    """

    sign_mask: bool = True
    elements: int = 0
    """Of differences so far"""
    outliers: int = 0
    clipped: int = 0
    """Outliers beyond the wide multipliers of their group"""

    def timed(self, run: LayerRun) -> tuple[LayerRun, np.ndarray]:
        """See :class:`sim.run.cycle_model.CycleModel`; counts outliers."""
        closed = closed_passes(PassSlots.of(run), run.plan)
        if run.mode is Mode.ACT:
            return run, RAW_SLOTS * closed + FEEDER_LATENCY + PASS_DRAIN
        assert run.reference is not None
        outliers, clipped = count_outliers(differences(run.rows, run.reference))
        self.elements += run.rows.size
        self.outliers += outliers
        self.clipped += clipped
        if self.sign_mask:
            # As memory sees it: nothing of the step before, and no sums for the next one.
            run = replace(run, mode=Mode.ACT, reference=None, previous=None, discard=run.output)
        return run, closed + FEEDER_LATENCY + PASS_DRAIN

    def events(self, run: LayerRun) -> ArrayEvents:
        """See :class:`sim.run.cycle_model.CycleModel`."""
        found = array_events(run)
        return replace(found, slots=found.slots * (RAW_SLOTS if run.mode is Mode.ACT else 1))


def count_outliers(difference: np.ndarray) -> tuple[int, int]:
    """Outliers among differences int16 (rows, k), and those that find no wide multiplier."""
    outliers, clipped = _count(difference, LARGEST_NARROW)
    return int(outliers), int(clipped)


@njit(cache=True, nogil=True)
def _count(difference, largest):  # pragma: no cover - compiled
    outliers = clipped = 0
    for row in range(len(difference)):
        for first in range(0, difference.shape[1], GROUP):
            found = 0
            for n in range(first, min(first + GROUP, difference.shape[1])):
                found += abs(difference[row, n]) > largest
            outliers += found
            clipped += max(0, found - WIDE_IN_GROUP)
    return outliers, clipped
