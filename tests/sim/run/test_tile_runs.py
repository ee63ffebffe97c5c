"""Many machines on one run: the figures of each are those that it has alone."""

import numpy as np
import pytest

import sim.run.tile_runs
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.run.activations import Activations
from sim.run.simulation import Simulation
from sim.run.tile_runs import TileRuns, layout_key

SMALL = load_config("small")
ROWS, EVEN, NARROW = {"accumulator_depth": 16}, {"tiles_m": 3, "tiles_n": 2}, {"weight_depth": 16}
VALID = [
    MachineConfig(**SMALL.model_dump() | changes)
    for changes in (
        {},
        {"fifo_depth": 2},
        {"rows_in_flight": 2},
        {"columns": 12},
        {"fifo_depth": 2, "columns": 5, "tiles_n": 2},
        {"beat_elements": 8},
        {"lanes": 2, "beat_elements": 32},
        {"lanes": 3, "beat_elements": 12, "fifo_depth": 3, "weight_depth": 252},
        {"encoding": "twos-complement"},
        ROWS,
        EVEN,
        ROWS | EVEN,
        NARROW,
        ROWS | EVEN | NARROW,
        {"tile": "bit-width"},
        {"tile": "sparsity"},
        {"tile": "dense"},
    )
]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("name", ["digits-unet", "digits-dit"])
def test_figures_are_those_of_each_alone(name: str, mode: Mode) -> None:
    """In any order: what machines share is made anew where they do not."""
    run = Run.of(load_workload(name), 2, images=2, seed=5)
    activations = Activations.of(run, one_by_one=False)
    assert activations
    runs = TileRuns(activations, mode)
    alone = []
    for machine in VALID:
        simulation = Simulation(machine, [mode], threads=1)
        for batch in activations.batches:
            for step in batch:
                for layer_input in step.values():
                    simulation.observe(layer_input)
        alone.append(simulation.total(mode))
    order = np.random.default_rng(0).permutation(len(VALID)).tolist()
    for number in [*range(len(VALID)), *order]:
        expected, found = alone[number], runs.cycles(VALID[number])
        assert found.cycles == expected.cycles
        assert found.bound == pytest.approx(expected.bound, rel=1e-12)
        assert found.dense == pytest.approx(expected.dense, rel=1e-12)
        assert dict(found.causes) == pytest.approx(dict(expected.causes), rel=1e-9, abs=1e-6)


def test_machines_share_what_does_not_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    count = sim.run.tile_runs.lane_slots
    monkeypatch.setattr(
        sim.run.tile_runs, "lane_slots", lambda *a: (made.append(a[-1]), count(*a))[1]
    )
    activations = Activations.of(Run.of(load_workload("digits-unet"), 1), one_by_one=False)
    assert activations
    runs = TileRuns(activations, Mode.TEMPORAL)
    for machine in VALID[:5]:
        assert layout_key(machine) == layout_key(SMALL)
        runs.cycles(machine)
    assert {machine.digest() for machine in made} == {SMALL.digest()}
    runs.cycles(VALID[5])
    assert VALID[5] in made
