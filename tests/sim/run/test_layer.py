import pytest

from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from golden.machine.mapping import Mapping
from golden.workload.workload import load_workload
from sim.run.layer import layer_cycles
from sim.run.simulation import Simulation, simulate


@pytest.fixture(scope="module")
def steps() -> list[LayerStep]:
    found: list[LayerStep] = []
    workload = load_workload("digits-unet")
    workload.sample(Mode.ACT, workload.noise(2, 0), 2, found.append)
    return found


def test_causes_add_up_to_the_cycles(steps: list[LayerStep]) -> None:
    for config in (load_config("tiny"), MachineConfig(tiles_m=3, tiles_n=2)):
        for step in steps:
            total = layer_cycles(step, Mode.TEMPORAL, config)
            assert sum(total.causes.values()) == pytest.approx(total.cycles, rel=1e-12)
            assert total.bound == pytest.approx(total.causes["lane"])


def test_the_first_step_has_no_temporal_differences(steps: list[LayerStep]) -> None:
    config = load_config("small")
    assert layer_cycles(steps[0], Mode.TEMPORAL, config) == layer_cycles(steps[0], Mode.ACT, config)


def test_tiles_share_the_work(steps: list[LayerStep]) -> None:
    one, many = MachineConfig(), MachineConfig(tiles_m=4, tiles_n=2)
    for step in steps:
        single, shared = (layer_cycles(step, Mode.ACT, c) for c in (one, many))
        assert single.cycles / 8 <= shared.cycles + 8 * 5
        assert shared.cycles < single.cycles
        assert shared.bound == pytest.approx(single.bound / 8)


def test_mapping_covers_the_layer_once() -> None:
    config = MachineConfig(columns=7, accumulator_depth=10, weight_depth=8, tiles_m=3)
    mapping = Mapping.of(101, 75, 20, config)
    assert [n for block in mapping.row_blocks for n in range(101)[block]] == list(range(101))
    assert max(b.stop - b.start for b in mapping.row_blocks) <= 10
    assert len(mapping.row_blocks) % 3 == 0
    assert [(c.start, c.stop) for c in mapping.k_chunks] == [(0, 32), (32, 64), (64, 75)]
    assert [(c.start, c.stop) for c in mapping.column_blocks] == [(0, 7), (7, 14), (14, 20)]


def test_mapping_of_fewer_rows_than_tiles() -> None:
    assert len(Mapping.of(2, 5, 1, MachineConfig(tiles_m=8)).row_blocks) == 2


def test_simulation_totals() -> None:
    workload = load_workload("digits-unet")
    simulation = Simulation(load_config("small"), [Mode.ACT, Mode.TEMPORAL])
    simulate(workload, simulation, steps=3)
    assert simulation.layers() == list(workload.layers())
    for mode in simulation.modes:
        by_layer = sum(simulation.layer_total(mode, name).cycles for name in simulation.layers())
        by_step = sum(simulation.step_total(mode, step).cycles for step in range(3))
        assert by_layer == by_step == simulation.total(mode).cycles > 0
