"""Layers of the vector unit are drawn for every machine on which the benches run."""

import numpy as np
import pytest

from golden.machine.config import load_config
from golden.vector.descriptor import Op
from tb.harness.coverage import Coverage
from tb.stimuli.random_vectors import STRATA, random_vector_queue, vector_strata
from tests.helpers.random_configs import random_accelerator

SIZE = 1 << 20


@pytest.mark.parametrize("seed", range(12))
def test_random_accelerators_have_queues(seed):
    config = random_accelerator(np.random.default_rng(seed))
    coverage = Coverage(vector_strata(config))
    drawn = random_vector_queue(config, np.random.default_rng(seed), SIZE, coverage)
    assert {run.layer.op for run in drawn.queue.runs} == set(Op)


def test_no_squares_where_the_buffer_does_not_hold_one():
    """A square has as many pixels as there are lanes, each of whole bus words."""
    small = load_config("small")
    lanes, unit = small.vector_lanes, small.bus_bytes // small.vector_lanes
    wide = 4 * lanes // small.bus_bytes
    for words, gathers in (
        (wide * lanes * unit, STRATA["gather"]),
        (wide * lanes * unit // 2, ("lines", "columns")),
    ):
        config = small.model_copy(update={"vector_words": words})
        assert vector_strata(config)["gather"] == gathers
        coverage = Coverage(vector_strata(config))
        random_vector_queue(config, np.random.default_rng(1), SIZE, coverage)
        assert all(coverage.counts["gather"].values())
