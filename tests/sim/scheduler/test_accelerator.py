from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.accelerator.counters import CAUSES, Counters
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun, Program
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import queue_timeline
from sim.scheduler.pass_cycles import pass_cycles
from tb.stimuli.random_programs import random_program, random_run
from tests.helpers.naive_accelerator import naive_timeline
from tests.helpers.random_configs import random_accelerator

CONFIG = load_config("tiny").model_copy(update={"tiles_m": 2, "tiles_n": 2})
CONFIGS = [
    CONFIG.model_copy(update={"memory_interval": 3, "memory_latency": 5}),
    *(random_accelerator(np.random.default_rng(seed)) for seed in range(6)),
]
SEEDS = st.integers(0, 10_000)


def instant_memory() -> MemoryPorts:
    """A read comes when it is asked for; words are written as they are sent."""
    ports = MemoryPorts.of(CONFIG)
    without_end = 1 << 40
    bursts = (CONFIG.bus_bytes, without_end, without_end)
    reads, writes = (*bursts, -1, 0, 0), (*bursts, 0, 1, 0)
    return ports._replace(reader_parameters=reads, writer_parameters=writes)


def test_one_pass_by_hand() -> None:
    """One row of zeros: every event of the layer, cycle by cycle."""
    shape = LayerShape(height=1, width=1, channels=8, columns=4)
    rows, weights = np.zeros((1, 8), np.int8), np.ones((8, 4), np.int8)
    run = LayerRun(Plan(shape, load_config("tiny"), 1, 1, False), Mode.ACT, 0, rows, weights)
    (line,), counters = queue_timeline(Program.of([run]), instant_memory())
    # Descriptor asked for and there in cycle 1, start 5 later, weights in 7, inputs in 8.
    assert line.started == 6
    assert line.loads == [("weights", 7, 7), ("inputs", 8, 8)]
    # The sequencer takes the layer on in 7, the store in 8. The pass starts in 9; first beat in 11,
    # in the lanes in 12, closed in 13, idle 4 later.
    assert (line.starts, line.ends) == ([9], [17])
    # The store sees it in 18; four words from 21 on.
    assert line.stores == [(18, 24, 24)]
    assert line.ended == 25
    assert counters == Counters(
        cycles=27,
        cycles_compute=9,
        cycles_inputs=1,
        cycles_fetch=8,
        cycles_idle=9,
        bytes_descriptors=128,
        bytes_weights=32,
        bytes_inputs=8,
        bytes_results=16,
    )


@pytest.mark.parametrize("config", CONFIGS)
@pytest.mark.parametrize("seed", range(12))
def test_as_the_naive_recurrence(config: MachineConfig, seed: int) -> None:
    program = random_program(config, np.random.default_rng(seed), 5)
    lines, counters = queue_timeline(program)
    naive_lines, naive_counters = naive_timeline(program)
    assert counters == naive_counters
    for line, naive in zip(lines, naive_lines, strict=True):
        for name in vars(naive):
            if name != "counts":
                assert getattr(line, name) == getattr(naive, name), name
        assert line.counters == naive.counters


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_causes_add_up(seed: int) -> None:
    program = random_program(CONFIG, np.random.default_rng(seed), 3)
    lines, counters = queue_timeline(program)
    for one in [line.counters for line in lines] + [counters]:
        assert sum(getattr(one, f"cycles_{cause}") for cause in CAUSES) == one.cycles
        assert min(vars(one).values()) >= 0
    assert counters.cycles == lines[-1].ended + 2


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_layers_overlap_in_order(seed: int) -> None:
    """Three layers, of which none, or all, wait for the layer before."""
    program = random_program(CONFIG, np.random.default_rng(seed), 3)
    cycles = {}
    for waits in (False, True):
        runs = [replace(run, weights_wait=waits, inputs_wait=waits) for run in program.runs]
        lines, counters = queue_timeline(Program.of(runs))
        cycles[waits] = counters.cycles
        for before, line in pairwise(lines):
            assert before.started < line.started
            assert before.ends[-1] < line.starts[0]
            assert before.ended < line.ended
            for _, asked, _ in line.loads:
                assert not waits or asked > before.ended
            assert waits or line.loads[0][1] < before.ended
    alone = 0
    for run in program.runs:
        _, counters = queue_timeline(Program.of([replace(run, goes_on=False)]))
        alone += counters.cycles
    assert cycles[False] <= cycles[True]
    assert cycles[False] < alone


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_passes_never_overlap_and_have_their_operands(seed: int) -> None:
    run = random_run(CONFIG, np.random.default_rng(seed))
    (line,), _ = queue_timeline(Program.of([run]))
    last = {"weights": [], "inputs": [], "references": [], "previous": []}
    for kind, asked, there in line.loads:
        assert asked < there
        last[kind].append(there)
    numbers = dict.fromkeys(last, -1)
    for one, start, end in zip(run.plan.passes(), line.starts, line.ends, strict=True):
        numbers["weights"] += one.new_weights
        numbers["inputs"] += one.new_inputs
        assert start > last["weights"][numbers["weights"]]
        assert start > last["inputs"][numbers["inputs"]]
        if run.mode is Mode.TEMPORAL:
            assert start > last["references"][numbers["inputs"]]
        assert end > start
    assert all(a < b for a, b in zip(line.ends, line.starts[1:], strict=False))
    drained = [stored for _, stored, _ in line.stores]
    assert drained == sorted(drained)


@settings(max_examples=15, deadline=None)
@given(SEEDS, st.integers(1, 200), st.integers(1, 4))
def test_slower_memory_is_never_faster(seed: int, latency: int, interval: int) -> None:
    rng = np.random.default_rng(seed)
    program = random_program(CONFIG, rng, 2)
    slower = CONFIG.model_copy(
        update={"memory_latency": latency + 10, "memory_interval": interval + 1}
    )
    faster = CONFIG.model_copy(update={"memory_latency": latency, "memory_interval": interval})
    _, slow = queue_timeline(program, MemoryPorts.of(slower))
    _, fast = queue_timeline(program, MemoryPorts.of(faster))
    assert slow.cycles >= fast.cycles
    assert slow.cycles_compute == fast.cycles_compute


def test_slowest_tile_sets_the_pace() -> None:
    """Two tiles, of which the second has all the work."""
    shape = LayerShape(height=2, width=1, channels=8, columns=4)
    plan = Plan(shape, CONFIG, 1, 1, False)
    rows = np.zeros((2, 8), np.int8)
    rows[1] = 127
    weights = np.ones((8, 4), np.int8)
    run = LayerRun(plan, Mode.ACT, 0, rows, weights)
    alone = replace(run, rows=rows[1:], plan=replace(plan, shape=replace(shape, height=1)))
    assert (pass_cycles(run) == pass_cycles(alone)).all()


@pytest.mark.parametrize("mode", Mode)
def test_bytes_of_a_layer(mode: Mode) -> None:
    shape = LayerShape(height=4, width=4, channels=8, columns=16, kernel=3, padding=1)
    rng = np.random.default_rng(0)
    rows = rng.integers(-128, 128, (16, 72), dtype=np.int8)
    weights = rng.integers(-128, 128, (72, 16), dtype=np.int8)
    previous = np.zeros((16, 16), np.int32)
    run = LayerRun(Plan(shape, CONFIG, 2, 9, False), mode, 0, rows, weights, rows, previous)
    _, counters = queue_timeline(Program.of([run]))
    temporal = mode is Mode.TEMPORAL
    assert counters.bytes_weights == weights.size
    assert counters.bytes_inputs == 4 * 4 * 8
    assert counters.bytes_references == temporal * 4 * 4 * 8
    assert counters.bytes_previous == temporal * 4 * previous.size
    assert counters.bytes_results == 4 * previous.size
