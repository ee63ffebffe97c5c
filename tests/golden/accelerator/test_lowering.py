import numpy as np
import pytest

from golden.accelerator.lowering import layer_runs, rows_shape
from golden.accelerator.workload_layers import source_shapes, workload_layers
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload

CONFIG = load_config("tiny")


@pytest.mark.parametrize("name", ["digits-unet", "digits-dit"])
def test_runs_give_the_layers_accumulators(name: str) -> None:
    workload = load_workload(name)
    shapes = source_shapes(workload)
    seen = set()

    def observe(layer_step: LayerStep) -> None:
        layer = layer_step.layer
        for mode in Mode:
            for instance in (0, len(layer_step.operands.first) - 1):
                *_, last = layer_runs(
                    layer_step, mode, shapes.get(layer.name), CONFIG, instance=instance
                )
                found = last.accumulators()
                if layer.moving and mode is Mode.TEMPORAL and layer_step.previous:
                    found = found.T
                assert (found == layer_step.accumulators[instance]).all(), (layer.name, mode)
        seen.add((layer.name, layer_step.step))

    workload.sample(Mode.ACT, workload.noise(1, 0), 2, observe)
    assert seen == {(layer, step) for layer in workload.layers() for step in (0, 1)}


def test_images_are_as_in_the_graph() -> None:
    workload = load_workload("digits-unet")
    runs = workload_layers(Run.of(workload), CONFIG, [Mode.ACT], lambda run: run)
    shapes = {one.layer: one.run.plan.shape for one in runs}
    assert shapes["down"].stride == 2
    assert (shapes["up"].height, shapes["up"].width, shapes["up"].kernel) == (16, 16, 3)
    assert shapes["stem"].kernel == 1, "one channel per tap is unfolded"
    assert list(dict.fromkeys(one.layer for one in runs)) == list(workload.layers())


def test_attention_takes_two_products_in_temporal() -> None:
    run = Run.of(load_workload("digits-unet"))
    runs = workload_layers(run, CONFIG, list(Mode), lambda one: one)
    numbers = {(one.mode, one.number) for one in runs if one.layer == "attention.scores"}
    assert numbers == {
        (Mode.ACT, 0),
        (Mode.TEMPORAL, 0),
        (Mode.TEMPORAL, 1),
        (Mode.SPATIAL, 0),
    }


def test_every_head_is_lowered() -> None:
    """The products of all heads, put together, are the whole layer."""
    workload = load_workload("digits-dit")
    seen: dict[str, LayerStep] = {}
    run = Run.of(workload, 3)
    run.observe(lambda one: seen.update({one.layer.name: one} if one.step == 1 else {}))
    runs = workload_layers(run, CONFIG, list(Mode), lambda one: one)
    for name, layer_step in seen.items():
        for mode in Mode:
            ends = {one.head: one for one in runs if (one.layer, one.mode) == (name, mode)}
            assert len(ends) == len(layer_step.accumulators)
            for found, sums in zip(ends.values(), layer_step.accumulators, strict=True):
                product = found.run.accumulators()
                assert ((product.T if found.number else product) == sums).all()


def test_first_step_runs_on_activations() -> None:
    workload = load_workload("digits-unet")
    runs = workload_layers(Run.of(workload), CONFIG, [Mode.TEMPORAL], lambda run: run, step=0)
    assert {one.run.mode for one in runs} == {Mode.ACT}


@pytest.mark.parametrize(("k", "width"), [(16, 1), (8, 1), (4, 2), (5, 12)])
def test_lines_are_short(k: int, width: int) -> None:
    shape = rows_shape(12, k, 3, CONFIG)
    assert (shape.height * shape.width, shape.width) == (12, width)
    assert shape.image(np.zeros((12, k), np.int8)).shape == (12 // width, width, k)
