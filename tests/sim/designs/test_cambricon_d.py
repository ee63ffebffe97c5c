from dataclasses import replace

import numpy as np
import pytest

from dittosim.verification.layer_shapes import parse_layer
from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.designs.cambricon_d import GROUP, WIDE_IN_GROUP, CambriconD, count_outliers
from sim.scheduler.pass_cycles import pass_cycles
from tb.stimuli.layer_of_shape import layer_of_shape

DENSE = MachineConfig(tile=TileKind.DENSE)
BESIDE = FEEDER_LATENCY + PASS_DRAIN


def layer(mode: Mode) -> LayerRun:
    return layer_of_shape(parse_layer("32,16,3,8x8"), mode, DENSE, np.random.default_rng(0))


def test_outliers_beyond_the_wide_multipliers_of_their_group_are_clipped() -> None:
    rng = np.random.default_rng(0)
    difference = rng.choice([0, 15, -15, 16, -255], (7, 2 * GROUP + 13)).astype(np.int16)
    outliers = clipped = 0
    for row in difference.tolist():
        for first in range(0, len(row), GROUP):
            here = sum(abs(d) > 15 for d in row[first : first + GROUP])
            outliers += here
            clipped += max(0, here - WIDE_IN_GROUP)
    assert count_outliers(difference) == (outliers, clipped)
    assert outliers > clipped > 0


def test_a_difference_takes_a_cycle_and_a_raw_value_two() -> None:
    changes, raw = layer(Mode.TEMPORAL), layer(Mode.ACT)
    dense = pass_cycles(raw) - BESIDE
    model = CambriconD()
    assert (model.timed(changes)[1] == dense + BESIDE).all()
    assert (model.timed(raw)[1] == 2 * dense + BESIDE).all()
    assert model.events(raw).slots == 2 * model.events(changes).slots
    assert model.events(changes).slots == raw.rows.size


@pytest.mark.parametrize("sign_mask", [True, False])
def test_with_the_sign_mask_nothing_of_the_step_before_moves(sign_mask: bool) -> None:
    changes = replace(layer(Mode.TEMPORAL), output=True)
    moved, _ = CambriconD(sign_mask).timed(changes)
    if sign_mask:
        assert (moved.mode, moved.reference, moved.previous) == (Mode.ACT, None, None)
        assert moved.discard
    else:
        assert moved is changes


def test_differences_are_counted_with_their_outliers() -> None:
    model = CambriconD()
    model.timed(layer(Mode.ACT))
    assert model.elements == 0
    changes = layer(Mode.TEMPORAL)
    model.timed(changes)
    assert model.elements == changes.rows.size
    assert changes.reference is not None
    wide = np.abs(changes.rows.astype(int) - changes.reference) > 15
    assert model.outliers == wide.sum() > 0
    assert 0 <= model.clipped < model.outliers
