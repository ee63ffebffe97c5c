import numpy as np
import pytest

from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode, exact_product
from golden.formats.encoding import differences
from golden.machine.config import load_config
from tb.stimuli.layer_of_shape import SHARES, layer_of_shape

SHAPE = LayerShape(height=9, width=7, channels=24, columns=11, kernel=3, padding=1)


@pytest.mark.parametrize("mode", Mode)
def test_a_layer_computes_the_convolution(mode: Mode) -> None:
    run = layer_of_shape(SHAPE, mode, load_config("small"), np.random.default_rng(3))
    assert run.plan.shape == SHAPE
    original = exact_product(run.rows.astype(np.int16) - run.zero_point, run.weights)
    np.testing.assert_array_equal(run.accumulators(), original)


def test_differences_are_as_wide_as_those_of_the_paper() -> None:
    shape = LayerShape(height=40, width=40, channels=64, columns=1)
    run = layer_of_shape(shape, Mode.TEMPORAL, load_config("paper"), np.random.default_rng(0))
    assert run.reference is not None
    size = np.abs(differences(run.rows, run.reference))
    shares = [(size == 0).mean(), ((size > 0) & (size < 16)).mean(), (size >= 16).mean()]
    # Of 102,400 draws: a share's standard deviation is 0.0016 at most.
    np.testing.assert_allclose(shares, SHARES, atol=0.01)


def test_shapes_are_those_that_the_host_gives_the_machine() -> None:
    config, rng = load_config("paper"), np.random.default_rng(0)
    thin = LayerShape(height=9, width=7, channels=3, columns=11, kernel=3, padding=1)
    assert layer_of_shape(thin, Mode.ACT, config, rng).plan.shape.kernel == 1
    pixels = LayerShape(height=64, width=64, channels=320, columns=320)
    assert layer_of_shape(pixels, Mode.TEMPORAL, config, rng).plan.shape.width < 64


def test_the_seed_decides() -> None:
    config = load_config("tiny")
    a, b, c = (
        layer_of_shape(SHAPE, Mode.ACT, config, np.random.default_rng(seed)).rows
        for seed in (1, 1, 2)
    )
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
