"""Runs of a tile are drawn for every machine on which its bench runs."""

import numpy as np
import pytest

from golden.machine.config import MachineConfig
from tb.harness.clocked import STREAM_STRATA
from tb.harness.coverage import Coverage
from tb.stimuli.tile_run import random_runs, see_run, strata

OF_THE_SIMULATION = ("reset", *STREAM_STRATA)


@pytest.mark.parametrize(("beat", "lengths"), [(1, None), (2, ("part of a beat", "whole beats"))])
def test_a_beat_of_one_element_has_no_part(beat, lengths):
    config = MachineConfig(lanes=1, beat_elements=beat, weight_depth=6)
    axes = strata(config, False)
    assert axes.get("length") == lengths
    coverage = Coverage(axes)
    for run in random_runs(config, np.random.default_rng(1), 40):
        see_run(coverage, run, config)
    # What the simulator is there for is met when it runs.
    missed = [each for each in coverage.missed() if each.split(":")[0] not in OF_THE_SIMULATION]
    assert not missed
