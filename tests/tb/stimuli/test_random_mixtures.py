import numpy as np
import pytest

from golden.machine.config import load_config
from golden.vector.run import VectorRun
from tb.harness.coverage import Coverage
from tb.stimuli.mixture_strata import STRATA
from tb.stimuli.random_mixtures import LAYERS, random_mixture


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["tiny", "small"])
def test_a_bench_meets_every_stratum(name: str, seed: int) -> None:
    coverage = Coverage(STRATA)
    rng = np.random.default_rng(seed)
    for _ in range(4):
        found = random_mixture(load_config(name), rng, 1 << 20, coverage)
        runs = found.queue.runs
        kinds = [kind for one, count in LAYERS.items() for kind in one.split(", ") * count]
        pairs = kinds.count("pair")
        assert len(runs) == len(kinds) + pairs
        assert sum(isinstance(run, VectorRun) and run.layer.fused for run in runs) == pairs
        assert not np.array_equal(found.before, found.after)
    assert coverage.missed() == []
