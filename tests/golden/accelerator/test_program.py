from dataclasses import replace

import numpy as np
import pytest

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.program import Program, programs_of
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from tb.stimuli.random_programs import random_run

CONFIG = load_config("tiny")


@pytest.mark.parametrize("seed", range(12))
def test_rows_less_reference_give_the_accumulators(seed: int) -> None:
    run = random_run(CONFIG, np.random.default_rng(seed))
    plan, shape = run.plan, run.plan.shape
    rows, reference = run.padded_rows()
    pad = [(0, 0), (0, plan.shape.pixel_beats(CONFIG) * CONFIG.beat_elements - shape.channels)]
    weights = run.weights.reshape(shape.kernel**2, shape.channels, -1).astype(np.int64)
    weights = np.pad(weights, (*pad, (0, 0))).reshape(rows.shape[1], -1)
    sums = (rows.astype(np.int64) - reference) @ weights
    if run.mode is Mode.TEMPORAL:
        sums += run.previous
    if run.mode is Mode.SPATIAL:
        for block in range(plan.tile_blocks):
            part = plan.tile_rows(block)
            sums[part] = np.cumsum(sums[part], axis=0)
    assert (sums == run.accumulators()).all()


def test_nothing_overlaps() -> None:
    rng = np.random.default_rng(1)
    program = Program.of([random_run(CONFIG, rng) for _ in range(5)])
    places = sorted(
        place
        for addresses, run in zip(program.addresses, program.runs, strict=True)
        for name, place in vars(addresses).items()
        if run.mode is Mode.TEMPORAL or name not in ("reference", "previous")
    )
    assert len(set(places)) == len(places)
    assert places[0] >= 5 * DESCRIPTOR_BYTES
    assert all(place % 256 == 0 for place in places)


def test_descriptors_say_which_layers_interrupt() -> None:
    rng = np.random.default_rng(4)
    flags = (True, False, True)
    runs = [replace(random_run(CONFIG, rng), interrupt=flag) for flag in flags]
    assert [one.interrupt for one in Program.of(runs).descriptors()] == [1, 0, 1]


def test_programs_hold_as_much_as_memory() -> None:
    rng = np.random.default_rng(2)
    runs = [random_run(CONFIG, rng) for _ in range(9)]
    sizes = [Program.of([run]).size for run in runs]
    programs = list(programs_of(runs, max(sizes)))
    assert [run for program in programs for run in program.runs] == runs
    assert len(programs) > 1
    assert all(program.size <= max(sizes) for program in programs)


def test_padded_channels_differ_from_nothing() -> None:
    run = random_run(CONFIG, np.random.default_rng(3))
    shape = replace(run.plan.shape, channels=3, kernel=1, padding=0, trailing=0, stride=1)
    rows = np.full((shape.rows, 3), 9, np.int8)
    weights = np.zeros((3, shape.columns), np.int8)
    plan = replace(run.plan, shape=shape, lines=1, chunk_beats=1)
    one = replace(run, plan=plan, rows=rows, weights=weights, mode=Mode.ACT, zero_point=-5)
    padded, reference = one.padded_rows()
    assert (padded[:, 3:] == reference[:, 3:]).all()
    assert (reference[:, :3] == -5).all()
