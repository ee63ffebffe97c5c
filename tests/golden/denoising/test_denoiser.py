import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from golden.denoising.denoiser import Denoiser
from golden.difference.layer import Layer, WeightedLayer
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.floating.execution import run_graph
from golden.network.dit import dit
from golden.network.graph import IMAGE
from golden.network.nodes import Sinusoids
from golden.network.unet import unet
from golden.workload.workload import Workload, load_workload, shipped_workloads
from tb.stimuli.random_workloads import random_workload
from tests.helpers.random_workloads import assert_all_modes_equal

long = pytest.mark.long


@pytest.fixture(scope="module", params=shipped_workloads())
def workload(request: pytest.FixtureRequest) -> Workload:
    return load_workload(request.param)


@pytest.mark.parametrize(
    ("steps", "seed"), [(8, 0), *(pytest.param(50, n, marks=long) for n in range(4))]
)
def test_all_modes_are_equal_in_every_layer_and_step(workload, steps, seed):
    images = assert_all_modes_equal(workload, steps, seed)
    assert images.std() > 0.1


def sample(workload: Workload, mode: Mode, steps: int = 3) -> list[LayerStep]:
    seen: list[LayerStep] = []
    workload.sample(mode, workload.noise(1, 4), steps, seen.append)
    return seen


@pytest.mark.parametrize("mode", Mode)
def test_accumulators_are_the_exact_products(workload, mode):
    for step in sample(workload, mode):
        first = step.operands.first.astype(np.int64) - step.layer.zero_point
        expected = first @ step.operands.second.astype(np.int64)
        np.testing.assert_array_equal(step.accumulators, expected, step.layer.name)


def test_observer_sees_the_previous_step(workload):
    steps = sample(workload, Mode.TEMPORAL)
    layers = len(workload.layers())
    assert all(step.previous is None for step in steps[:layers])
    for before, step in zip(steps, steps[layers:], strict=False):
        assert step.previous is not None
        assert step.previous.operands is before.operands
        assert step.previous.accumulators is before.accumulators


@pytest.mark.parametrize("time", [999, 500, 100, 0])
def test_prediction_is_close_to_the_float_models(workload, time):
    """The noise found, as a part of the noisy image, is off by less than 3 % of that image."""
    d, labels = workload.description, workload.labels(2)
    clean = workload.sample(Mode.ACT, workload.noise(2, 5), 10)
    share = d.schedule.signal()[time]
    image = np.sqrt(share) * clean + np.sqrt(1 - share) * workload.noise(2, 6)
    image = image.astype(np.float32)
    denoiser = Denoiser(workload.integer, workload.weights, lambda _: Mode.ACT, labels)
    quantized = denoiser(image, time)
    exact = run_graph(d.graph, workload.weights, image, time, labels)
    assert quantized.dtype == np.float32
    error = np.linalg.norm(quantized - exact) * np.sqrt(1 - share)
    assert error < 0.03 * np.linalg.norm(image)


class Watched(Denoiser):
    """Keeps what every operation of a step returns."""

    def __init__(self, workload: Workload, labels: np.ndarray | None) -> None:
        self.found: dict[str, np.ndarray] = {}
        operations = {
            name: operation
            if isinstance(operation, Layer)
            else partial(self._watch, name, operation)
            for name, operation in workload.integer.operations.items()
        }
        integer = dataclasses.replace(workload.integer, operations=operations)
        super().__init__(integer, workload.weights, lambda _: Mode.TEMPORAL, labels)

    def _watch(self, name: str, operation: Callable, *inputs: np.ndarray) -> np.ndarray:
        assert all(x.dtype in (np.int8, np.int16) for x in inputs), name
        self.found[name] = operation(*inputs)
        return self.found[name]

    def _run_layer(self, layer: Layer, inputs: list[np.ndarray]) -> np.ndarray:
        run = super()._run_layer
        return self._watch(layer.name, lambda *tensors: run(layer, list(tensors)), *inputs)


RANDOM_MODELS = {
    "unet": unet(8, 16, width=12, groups=4),
    "conditional unet": unet(8, 16, width=12, groups=4, classes=3),
    "dit": dit(8, 16, depth=1, patch=2, heads=2, classes=3),
}


@pytest.mark.parametrize("graph", RANDOM_MODELS.values(), ids=list(RANDOM_MODELS))
def test_each_tensor_is_close_to_the_float_models(graph):
    """No node may be wrong and go unnoticed because others outweigh it."""
    workload = random_workload(graph, (8, 8, 1))
    image, labels = workload.noise(2, 9), workload.labels(2)
    exact: dict[str, np.ndarray] = {}
    run_graph(graph, workload.weights, image, 50, labels, exact.__setitem__)
    watched = Watched(workload, labels)
    watched(image, 50)
    for name, tensor in watched.found.items():
        real = workload.description.formats[name].dequantize(tensor)
        error = np.linalg.norm(real - exact[name]) / np.linalg.norm(exact[name])
        assert error < 0.06, name


def test_nothing_between_input_and_output_is_floating_point(workload):
    formats = workload.description.formats
    watched = Watched(workload, workload.labels(1))
    for time in (999, 500):
        watched(workload.noise(1, 0), time)
    assert list(watched.found) == [node.name for node in workload.integer.nodes]
    for name, tensor in watched.found.items():
        assert tensor.dtype == formats[name].dtype, name
    for name, layer in workload.layers().items():
        requantization = layer.requantization
        for part in (requantization.bias, requantization.multiplier, requantization.shift):
            assert part.dtype == np.int64, name
        if isinstance(layer, WeightedLayer):
            assert layer.weights.dtype == np.int8


def test_operands_are_int8(workload):
    for step in sample(workload, Mode.TEMPORAL, 2):
        assert {part.dtype for part in step.operands} == {np.dtype(np.int8)}
        assert step.accumulators.dtype == np.int32
        for mode in Mode:
            for product in step.products(mode):
                assert np.abs(product.differences(mode)).max() <= 255


def test_images_of_a_batch_do_not_mix(workload):
    noise, labels = workload.noise(2, 6), workload.labels(2)
    both = workload.sample(Mode.TEMPORAL, noise, 2)
    for n in range(2):
        own = None if labels is None else labels[n : n + 1]
        alone = workload.sample(Mode.TEMPORAL, noise[n : n + 1], 2, labels=own)
        np.testing.assert_array_equal(both[n : n + 1], alone)


def test_tensors_are_forgotten_after_their_last_reader(workload):
    nodes, readers = workload.integer.nodes, workload.integer.last_reader
    for at, node in enumerate(nodes):
        for source in node.inputs:
            later = [other.name for other in nodes[at + 1 :] if source in other.inputs]
            assert (readers[source] == node.name) == (not later)


def test_the_host_computes_what_depends_on_time_and_class_alone(workload):
    graph = workload.description.graph
    assert any(isinstance(node, Sinusoids) for node in graph.nodes)
    for name in workload.integer.static_inputs:
        assert name not in graph.dynamic
    computed = {IMAGE, *workload.integer.static_inputs}
    for node in workload.integer.nodes:
        assert computed.issuperset(node.inputs)
        computed.add(node.name)
