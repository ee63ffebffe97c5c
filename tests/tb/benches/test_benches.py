import numpy as np
import pytest

from dittosim.verification.workloads import check_workload
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from golden.machine.tile_kind import TileKind
from golden.workload.workload import shipped_workloads
from tb.harness.blocks import MODULES
from tb.harness.simulators import Simulator
from tb.harness.task import Task
from tb.runner import BENCHES, run_bench
from tests.helpers.command_line import REPOSITORY
from tests.helpers.emissions import emission
from tests.helpers.random_configs import random_accelerator, random_config
from tests.helpers.simulators import (
    AN_HOUR,
    LONG_ON_ICARUS,
    SIMULATORS,
    assert_no_differences,
    needs_icarus,
)

OF_ACCELERATORS = tuple(
    bench.name
    for bench in BENCHES.values()
    if bench.top in ("accelerator", "board", "core", "descriptor-check", "pass-walk")
)
"""Benches of modules that not every configuration makes"""
TWO_BY_TWO = str(REPOSITORY / "docs/machines/two-by-two.toml")
long = pytest.mark.long
OF_RANDOM_ACCELERATORS = (
    *("accelerator", "core", "pass-walk", "descriptor-check", "vector-check", "vector"),
)
LONG_ON_SMALL = (
    *("core", "multiplier"),  # in the accelerator; of tiny, and the rows of pe
    *("accelerator-slave", "sampling-slave", "vector-errors", "output", "overlap", "board"),
)
RUNS = [
    (bench.name, stalls)
    for bench in BENCHES.values()
    for stalls in ((False, True)[: 1 + bench.stalls])
    if bench.name != "dense-lanes"
]
WITH_SCRATCHPAD = (
    *("core", "accelerator", "accelerator-slave", "accelerator-errors", "sampling-slave"),
    *("vector-errors", "output", "overlap"),
)
"""Benches on the same build, which put their programs where the scratchpad is, too"""
OTHER_TILES = [kind for kind in TileKind if kind is not TileKind.DITTO]
OF_OTHER_TILES = [
    *((bench, TileKind.DENSE) for bench in ("pe", "multiplier", "dense-lanes")),
    ("lane-fifo", TileKind.BIT_WIDTH),
    ("lane-fifo", TileKind.SPARSITY),
    *(("tile", kind) for kind in OTHER_TILES),
    ("sampling", TileKind.DENSE),
    pytest.param("accelerator", TileKind.DENSE, marks=pytest.mark.long),
    *(
        pytest.param(bench, kind, marks=pytest.mark.long)
        for kind in (TileKind.BIT_WIDTH, TileKind.SPARSITY)
        for bench in ("accelerator", "sampling")
    ),
]
"""Benches whose modules differ from those of ditto tiles"""
TINY_RUNS = [(bench, stalls, Simulator.VERILATOR) for bench, stalls in RUNS] + [
    pytest.param(
        bench,
        stalls,
        Simulator.ICARUS,
        marks=[needs_icarus, *AN_HOUR] if bench in LONG_ON_ICARUS else needs_icarus,
    )
    for bench, stalls in RUNS
    # Whole machines without stalls run there without initial values (test_initial_values.py).
    if stalls or bench not in LONG_ON_ICARUS
]


def assert_exact(task: Task, simulator: Simulator = Simulator.VERILATOR) -> None:
    bench = BENCHES[task.bench]
    findings = run_bench(task, simulator, emission(bench.top, task.config))
    assert_no_differences(findings, bench.cycles)


@pytest.mark.parametrize(("bench", "stalls", "simulator"), TINY_RUNS)
def test_tiny(bench: str, stalls: bool, simulator: Simulator) -> None:
    task = Task(bench=bench, config=load_config("tiny"), stalls=stalls)
    assert_exact(task, simulator)


@pytest.mark.parametrize(
    ("bench", "stalls"),
    [pytest.param(*run, marks=pytest.mark.long if run[0] in LONG_ON_SMALL else ()) for run in RUNS],
)
def test_small(bench: str, stalls: bool) -> None:
    task = Task(bench=bench, config=load_config("small"), stalls=stalls)
    assert_exact(task)


@pytest.mark.parametrize(
    "bench",
    [
        *("axi-reader", "axi-reader-slave", "axi-writer", "axi-writer-slave", "sampling", "vector"),
        *(pytest.param(bench, marks=long) for bench in WITH_SCRATCHPAD),
    ],
)
def test_tiny_with_a_scratchpad(bench: str) -> None:
    config = load_config("tiny").model_copy(update={"scratchpad_bytes": 1 << 14})
    for stalls in (False, True)[: 1 + BENCHES[bench].stalls]:
        assert_exact(Task(bench=bench, config=config, stalls=stalls))


@needs_icarus
@pytest.mark.parametrize(
    "bench", ["axi-reader", "axi-reader-slave", "axi-writer", "axi-writer-slave"]
)
def test_no_handshake_with_a_scratchpad_is_unknown(bench: str) -> None:
    """Where an address lies decides nothing before there is one: Icarus would carry it on."""
    config = load_config("tiny").model_copy(update={"scratchpad_bytes": 1 << 12})
    assert_exact(Task(bench=bench, config=config), Simulator.ICARUS)


@long
@pytest.mark.parametrize(("latency", "interval"), [(3, 1), (3, 2), (5, 4)])
def test_boards_whose_memory_is_quick_or_slow(latency: int, interval: int) -> None:
    changes = {"memory_latency": latency, "memory_interval": interval}
    assert_exact(Task(bench="board", config=load_config("tiny").model_copy(update=changes)))


@pytest.mark.parametrize("bench", ["multiplier", "encoder"])
def test_twos_complement_on_every_difference(bench: str) -> None:
    config = MachineConfig(**{**load_config("tiny").model_dump(), "encoding": "twos-complement"})
    assert_exact(Task(bench=bench, config=config))


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("seed", range(3))
def test_random_tiles(seed: int, simulator: Simulator) -> None:
    config = random_config(np.random.default_rng(1000 + seed))
    for stalls in (False, True):
        task = Task(bench="tile", config=config, seed=seed, stalls=stalls)
        assert_exact(task, simulator)


@pytest.mark.parametrize(("bench", "tile"), OF_OTHER_TILES)
def test_tiny_of_other_tiles(bench: str, tile: TileKind) -> None:
    config = MachineConfig(**{**load_config("tiny").model_dump(), "tile": tile})
    for stalls in (False, True)[: 1 + BENCHES[bench].stalls]:
        assert_exact(Task(bench=bench, config=config, stalls=stalls))


@long
@pytest.mark.parametrize("tile", OTHER_TILES)
@pytest.mark.parametrize("seed", range(6))
def test_random_machines_of_other_tiles(seed: int, tile: TileKind) -> None:
    tiles = random_config(np.random.default_rng(3000 + seed), tile)
    for stalls in (False, True):
        assert_exact(Task(bench="tile", config=tiles, seed=seed, stalls=stalls))
    machine = random_accelerator(np.random.default_rng(4000 + seed), tile)
    assert_exact(Task(bench="accelerator", config=machine, seed=seed))


@pytest.mark.parametrize("bench", ["axi-reader", "axi-writer"])
@pytest.mark.parametrize("seed", range(2))
def test_random_buses(seed: int, bench: str) -> None:
    config = random_config(np.random.default_rng(2000 + seed))
    for stalls in (False, True):
        assert_exact(Task(bench=bench, config=config, seed=seed, stalls=stalls))


@pytest.mark.long
@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("seed", range(20))
def test_random_configurations(seed: int, simulator: Simulator) -> None:
    config = random_config(np.random.default_rng(seed))
    for bench, stalls in RUNS:
        if bench in ("multiplier", *OF_ACCELERATORS):
            continue
        task = Task(bench=bench, config=config, seed=seed, stalls=stalls)
        assert_exact(task, simulator)


@pytest.mark.parametrize(
    ("seed", "bench"),
    [
        pytest.param(seed, bench, marks=() if (seed, bench) == (8, "core") else long)
        for seed in range(12)
        for bench in OF_RANDOM_ACCELERATORS
    ],
)
def test_random_accelerators(seed: int, bench: str) -> None:
    config = random_accelerator(np.random.default_rng(seed))
    assert_exact(Task(bench=bench, config=config, seed=seed, stalls=bench == "core"))


@pytest.mark.long
@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("config", ["tiny", "small", TWO_BY_TWO])
@pytest.mark.parametrize("name", sorted(shipped_workloads()))
def test_workloads(name: str, config: str, mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every product of a workload, on real activations, memory to memory."""
    monkeypatch.setattr("tb.runner.emit", emission)
    assert_no_differences(check_workload(name, config, mode).findings)


@pytest.mark.long
@pytest.mark.parametrize("rows_in_flight", [1, 2])
def test_many_seeds_on_one_tile(rows_in_flight: int) -> None:
    config = load_config("tiny").model_copy(update={"rows_in_flight": rows_in_flight})
    for seed in range(40):
        task = Task(bench="tile", config=config, seed=seed, stalls=bool(seed % 2))
        assert_exact(task)


@pytest.mark.long
@pytest.mark.parametrize("bench", ["accelerator", "core"])
def test_machines_built_in_blocks_do_the_same(bench: str) -> None:
    config = load_config(TWO_BY_TWO)
    task = Task(bench=bench, config=config, seed=5)
    design = emission(bench, config)
    flat, in_blocks = (run_bench(task, emission=design, blocks=each) for each in ((), MODULES))
    assert_no_differences(in_blocks)
    assert in_blocks.model_copy(update={"seconds": flat.seconds}) == flat
