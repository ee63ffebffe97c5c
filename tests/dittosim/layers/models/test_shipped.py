"""The seven tables against counts made elsewhere, from the same hyperparameters."""

import pytest

from dittosim.layers.models.products import SECOND, products
from dittosim.layers.models.shipped import MODELS
from dittosim.layers.models.table import Counts, Kind, counted
from golden.difference.matmul import Mode

COUNTED = {
    # layers by kind, M weights, GMAC: conv and linear, self, cross, all, M inputs, outputs, scores
    "ddpm": ((52, 37, 24, 12), 35.7, 6.05, 0.17, 0, 6.22, 7.7, 5.4, 0.3),
    "bed": ((52, 15, 56, 32), 273.9, 96.02, 5.18, 0, 101.20, 136.3, 124.3, 81.0),
    "chur": ((72, 17, 79, 42), 294.7, 18.64, 2.28, 0, 20.92, 61.3, 59.0, 44.7),
    "img": ((52, 47, 184, 64), 400.6, 99.77, 4.45, 0.006, 104.23, 90.7, 86.4, 5.6),
    "sdm": ((52, 46, 184, 64), 859.1, 338.61, 61.25, 1.779, 401.64, 986.9, 992.0, 732.3),
    "dit": ((0, 1, 144, 56), 673.2, 114.39, 4.23, 0, 118.62, 112.3, 112.4, 29.4),
    # Its inputs were counted as 1,575.5: the latents of one of 16 frames.
    "latte": ((0, 1, 144, 56), 673.2, 1826.89, 35.94, 0, 1862.83, 1575.6, 1575.8, 249.6),
}
PUBLISHED_M = {"ddpm": 35.7, "bed": 274, "img": 401, "sdm": 860, "dit": 675}
"""Parameters, with biases and what normalizes"""


def counts(name: str) -> Counts:
    return counted(MODELS[name].layers())


@pytest.mark.parametrize("name", MODELS)
def test_counts(name: str) -> None:
    found = counts(name)
    kinds, weights, weighted, own, cross, macs, *activations = COUNTED[name]
    assert tuple(found.layers[kind] for kind in Kind) == kinds
    assert round(found.weights / 1e6, 1) == weights
    # The sum of figures that were rounded: 1,826.89 + 35.94.
    tolerance = 0.0051
    for each, expected in (
        (found.macs_weighted, weighted),
        (found.macs_self, own),
        (found.macs, macs),
    ):
        assert each / 1e9 == pytest.approx(expected, abs=tolerance)
    assert round(found.macs_cross / 1e9, 3) == cross
    for each, expected in zip(
        (found.inputs, found.outputs, found.scores), activations, strict=True
    ):
        assert each / 1e6 == pytest.approx(expected, abs=0.0501)


def test_accesses_of_differences_come_to_what_the_paper_has() -> None:
    """2.75 times those of the original, if sums have 4 bytes and move both ways."""
    ratios = [
        (c.weights + 2 * c.inputs + 8 * c.outputs) / (c.weights + c.inputs + c.outputs)
        for c in map(counts, MODELS)
    ]
    assert sum(ratios) / len(ratios) == pytest.approx(2.751, abs=0.0005)


@pytest.mark.parametrize("name", PUBLISHED_M)
def test_weights_are_those_of_the_published_models(name: str) -> None:
    assert counts(name).weights / 1e6 == pytest.approx(PUBLISHED_M[name], rel=0.003)


@pytest.mark.parametrize("name", MODELS)
def test_every_layer_reads_what_another_wrote(name: str) -> None:
    """Names are distinct, and sizes those of a network: images halve, and come back."""
    layers = MODELS[name].layers()
    names = [one.shaped.name for one in layers]
    assert len(set(names)) == len(names)
    sizes = [one.shaped.shape.out_height for one in layers if one.kind is Kind.SPATIAL]
    if sizes:
        assert sizes[0] == sizes[-1] == max(sizes)
        smallest = sizes.index(min(sizes))
        assert sizes[:smallest] == sorted(sizes[:smallest], reverse=True)
        assert sizes[smallest:] == sorted(sizes[smallest:])


def test_the_host_computes_what_depends_on_the_condition_alone() -> None:
    """Single rows, or those of a text."""
    for name, network in MODELS.items():
        for one in network.layers():
            rows = one.shaped.shape.rows
            assert one.conditional == (rows in (1, 77) and one.kind is Kind.LINEAR), name


def test_self_attention_takes_two_products_on_temporal_differences() -> None:
    layers = MODELS["sdm"].layers()
    assert len(list(products(layers, Mode.ACT))) == len(layers)
    found = list(products(layers, Mode.TEMPORAL))
    second = [one for one in found if one.name.endswith(SECOND)]
    assert len(found) - len(layers) == len(second) == 32
    macs = {one.name: one.macs for one in found}
    assert all(one.macs == macs[one.name.removesuffix(SECOND)] for one in second)
    mix = next(one for one in second if "mix" in one.name).shape
    assert (mix.rows, mix.k, mix.columns) == (40, 4096, 4096)
