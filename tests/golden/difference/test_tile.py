import numpy as np

from golden.difference.matmul import Mode, reference_rows
from golden.difference.tile import Job, TileModel
from golden.machine.config import MachineConfig
from tests.helpers import naive

CONFIG = MachineConfig(columns=5, accumulator_depth=8)


def operands(rows: int = 6, k: int = 10) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x, reference = rng.integers(-128, 128, (2, rows, k), dtype=np.int8)
    return x, reference, rng.integers(-128, 128, (k, 5), dtype=np.int8)


def product(x: np.ndarray, reference: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.array(naive.product(x.astype(np.int64) - reference, weights))


def test_plain_job():
    x, reference, weights = operands()
    results = TileModel(CONFIG).run(Job(6), x, reference, weights)

    assert results.dtype == np.int32
    np.testing.assert_array_equal(results, product(x, reference, weights))


def test_results_replace_what_was_stored_in_their_rows_only():
    x, reference, weights = operands(rows=3)
    model = TileModel(CONFIG)
    model.stored[:] = 77
    results = model.run(Job(3), x, reference, weights)

    np.testing.assert_array_equal(model.stored[:3], results)
    assert (model.stored[3:] == 77).all()


def test_load_adds_what_is_stored():
    x, reference, weights = operands()
    model = TileModel(CONFIG)
    model.stored[:] = np.arange(40).reshape(8, 5)
    results = model.run(Job(6, load=True), x, reference, weights)
    np.testing.assert_array_equal(
        results, product(x, reference, weights) + np.arange(30).reshape(6, 5)
    )


def test_carry_adds_the_sums_of_earlier_rows():
    x, reference, weights = operands()
    results = TileModel(CONFIG).run(Job(6, carry=True), x, reference, weights)
    expected = product(x, reference, weights)
    for row in range(1, 6):
        expected[row] += expected[row - 1]
    np.testing.assert_array_equal(results, expected)


def test_carry_with_load_carries_sums_not_stored_values():
    x, reference, weights = operands()
    carried = TileModel(CONFIG).run(Job(6, carry=True), x, reference, weights)
    model = TileModel(CONFIG)
    model.stored[:] = 1000
    both = model.run(Job(6, load=True, carry=True), x, reference, weights)
    np.testing.assert_array_equal(both, carried + 1000)


def test_rows_split_over_jobs_add_up():
    x, reference, weights = operands(k=11)
    model = TileModel(CONFIG)
    model.run(Job(6, emit=False), x[:, :4], reference[:, :4], weights[:4])
    model.run(Job(6, load=True, emit=False), x[:, 4:8], reference[:, 4:8], weights[4:8])
    results = model.run(Job(6, load=True), x[:, 8:], reference[:, 8:], weights[8:])
    np.testing.assert_array_equal(results, product(x, reference, weights))


def test_job_flags_make_the_modes():
    x, previous, weights = operands()
    zero_point = 9
    expected = naive.product(x.astype(np.int64) - zero_point, weights)

    act = TileModel(CONFIG)
    reference = reference_rows(Mode.ACT, x, zero_point)
    np.testing.assert_array_equal(act.run(Job(6), x, reference, weights), expected)

    spatial = TileModel(CONFIG)
    reference = reference_rows(Mode.SPATIAL, x, zero_point)
    np.testing.assert_array_equal(spatial.run(Job(6, carry=True), x, reference, weights), expected)

    temporal = TileModel(CONFIG)
    temporal.run(Job(6), previous, reference_rows(Mode.ACT, previous, zero_point), weights)
    np.testing.assert_array_equal(temporal.run(Job(6, load=True), x, previous, weights), expected)
