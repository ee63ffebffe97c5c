import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from golden.denoising.calibration import Calibration, calibrate
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.pruning.clustering import Linkage
from golden.pruning.layer_sparsity import kept_counts
from golden.pruning.selection import Criterion
from golden.pruning.workload import prunable_layers, pruned_workload, select_in_layers
from golden.workload.workload import Workload, WorkloadDescription, load_workload, save_workload
from tests.helpers.nodes import conv
from tests.helpers.tiny_digits import SCHEDULE, STEPS, save_tiny_digits


def tiny_unet(folder: Path) -> Workload:
    return load_workload(str(save_tiny_digits(folder)))


def tiny_dit(folder: Path) -> Workload:
    graph = dit(8, 8, depth=1, patch=2, heads=2, classes=3)
    rng = np.random.default_rng(1)
    weights = {
        name: (rng.standard_normal(shape) / math.sqrt(math.prod(shape[:-1]))).astype(np.float32)
        for name, shape in graph.parameter_shapes().items()
    }
    noise, labels = rng.standard_normal((6, 8, 8, 1)), np.arange(6) % 3
    description = WorkloadDescription(
        summary="random weights",
        image_shape=(8, 8, 1),
        steps=STEPS,
        schedule=SCHEDULE,
        graph=graph,
        formats=calibrate(graph, weights, SCHEDULE, noise, STEPS, labels),
    )
    save_workload(folder, description, weights)
    return load_workload(str(folder))


def pruned(workload: Workload, sparsity: float, **choices: object) -> Workload:
    layers = prunable_layers(workload.description.graph)
    counts = kept_counts(layers, workload.weights, sparsity)
    selections = select_in_layers(layers, workload.weights, counts, **choices)
    kept = {name: selection.kept for name, selection in selections.items()}
    return pruned_workload(workload, layers, kept, "pruned")


@pytest.mark.parametrize("make", [tiny_unet, tiny_dit])
def test_modes_of_the_pruned_model_agree(tmp_path, make):
    workload = make(tmp_path)
    found = pruned(workload, 0.4)
    assert sum(w.size for w in found.weights.values()) < sum(
        w.size for w in workload.weights.values()
    )
    noise = found.noise(3, 0)
    images = [found.sample(mode, noise) for mode in Mode]
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0], images[2])
    assert np.abs(images[0] - found.sample_float(noise)).mean() < 0.1


def test_saved_and_loaded(tmp_path):
    found = pruned(tiny_unet(tmp_path / "tiny"), 0.5)
    save_workload(tmp_path / "pruned", found.description, found.weights)
    loaded = load_workload(str(tmp_path / "pruned"))
    assert loaded.description == found.description
    assert loaded.description.summary == "random weights; pruned"
    noise = found.noise(2, 0)
    images = [each.sample(Mode.TEMPORAL, noise) for each in (loaded, found)]
    np.testing.assert_array_equal(*images)


def test_formats_are_those_of_the_pruned_model(tmp_path):
    workload = tiny_unet(tmp_path)
    layers = prunable_layers(workload.description.graph)
    kept = {"middle.conv0": np.array([1, 2])}
    found = {
        method: pruned_workload(workload, layers, kept, "pruned", method).description.formats
        for method in Calibration
    }
    original = workload.description.formats
    assert found[Calibration.ABSMAX].keys() == original.keys()
    assert found[Calibration.ABSMAX]["middle.biased"] != original["middle.biased"]
    assert found[Calibration.ABSMAX] != found[Calibration.MSE]


def test_nothing_removed_is_the_same_model(tmp_path):
    workload = tiny_unet(tmp_path)
    found = pruned(workload, 0)
    assert found.description.graph == workload.description.graph
    assert found.description.formats == workload.description.formats
    for name, values in workload.weights.items():
        np.testing.assert_array_equal(found.weights[name], values)


@pytest.mark.parametrize("criterion", Criterion)
def test_a_seed_gives_one_selection(criterion):
    workload = load_workload("digits-unet")
    layers = prunable_layers(workload.description.graph)
    counts = kept_counts(layers, workload.weights, 0.5)

    def select(seed: int) -> list[list[int]]:
        found = select_in_layers(layers, workload.weights, counts, criterion=criterion, seed=seed)
        return [selection.kept.tolist() for selection in found.values()]

    assert select(1) == select(1)
    if criterion is Criterion.RANDOM:
        assert select(1) != select(2)


def test_linkages_differ():
    workload = load_workload("digits-unet")
    layers = prunable_layers(workload.description.graph)
    counts = kept_counts(layers, workload.weights, 0.5)
    found = {
        tuple(
            select_in_layers(layers, workload.weights, counts, linkage=linkage)["middle.conv0"].kept
        )
        for linkage in Linkage
    }
    assert len(found) == len(Linkage)


def test_no_layer_to_prune():
    graph = Graph(nodes=(conv("first", IMAGE, 1, 1), conv("second", "first", 1, 1)))
    with pytest.raises(DittosimError, match=r"no layer to prune.*'first', for one, has one filter"):
        prunable_layers(graph)


def test_weights_that_are_not_finite(tmp_path):
    workload = tiny_unet(tmp_path)
    weights = dict(workload.weights)
    weights["middle.conv0.weight"] = np.full_like(weights["middle.conv0.weight"], np.nan)
    with pytest.raises(DittosimError, match=r"layer 'middle.conv0': .* not finite"):
        pruned(replace(workload, weights=weights), 0.5)
