import numpy as np
import pytest

from golden.accelerator.program import LayerRun
from golden.machine.config import load_config
from golden.machine.tile_kind import TileKind
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.scheduler.pass_cycles import pass_cycles
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import tile_cycles
from tb.stimuli.random_programs import random_run
from tests.helpers.random_configs import random_accelerator

CONFIGS = [
    load_config("tiny").model_copy(update={"tiles_m": 2}),
    *(random_accelerator(np.random.default_rng(seed)) for seed in range(4)),
    *(random_accelerator(np.random.default_rng(5), kind) for kind in TileKind),
]


def naive_pass_cycles(run: LayerRun) -> list[list[int]]:
    """One tile after the other, each on its own part of the rows."""
    plan, config = run.plan, run.plan.config
    rows, reference = run.padded_rows()
    cycles = [[0] * plan.chunks for _ in range(plan.row_blocks)]
    for block in range(plan.tile_blocks):
        for chunk in range(plan.chunks):
            first = chunk * plan.chunk_beats
            k = slice(
                first * config.beat_elements, (first + plan.beats(chunk)) * config.beat_elements
            )
            part = plan.tile_rows(block), k
            closed = tile_cycles(lane_slots(rows[part], reference[part], config), config).closed[-1]
            row = cycles[block // config.tiles_m]
            row[chunk] = max(row[chunk], FEEDER_LATENCY + int(closed) + PASS_DRAIN)
    return cycles


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(20))
def test_as_tile_by_tile(config, seed: int) -> None:
    run = random_run(config, np.random.default_rng(seed))
    assert pass_cycles(run).tolist() == naive_pass_cycles(run)
