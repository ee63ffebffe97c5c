import pytest

from golden.difference.bit_widths import BitWidths
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.difference.similarity import spatial_similarity, temporal_similarity
from golden.formats.encoding import Encoding
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from sim.run.layer import layer_cycles
from sim.run.statistics import run_statistics

WORKLOAD = load_workload("digits-unet")
TINY = load_config("tiny")
STEPS, IMAGES = 2, 2


@pytest.fixture(scope="module")
def layer_steps() -> list[LayerStep]:
    found: list[LayerStep] = []
    WORKLOAD.sample(Mode.ACT, WORKLOAD.noise(IMAGES, 1), STEPS, found.append)
    return found


def test_one_pass_collects_everything(layer_steps):
    statistics = run_statistics(WORKLOAD, TINY, steps=STEPS, images=IMAGES, seed=1)
    assert len(statistics.entries) == len(layer_steps) * len(Mode)
    for layer_step in layer_steps:
        for mode in Mode:
            found = statistics.entries[mode, layer_step.layer.name, layer_step.step]
            widths, operations = BitWidths(), 0
            for product in layer_step.products(mode):
                counted = BitWidths.of(product.differences(mode), Encoding.SIGN_MAGNITUDE)
                columns = product.weights.shape[-1]
                widths += counted
                operations += (32 * counted.narrow + 64 * counted.wide) * columns
            assert (found.widths, found.bit_operations) == (widths, operations)
            rows = layer_step.operands.first
            assert found.dense_bit_operations == 64 * rows.size * layer_step.layer.columns
            cycles = layer_cycles(layer_step, mode, TINY).cycles
            assert found.compute_cycles == cycles / IMAGES


def test_similarity_is_that_of_the_mode(layer_steps):
    entries = run_statistics(WORKLOAD, TINY, steps=STEPS, images=IMAGES, seed=1).entries
    for layer_step in layer_steps[-len(WORKLOAD.layers()) :]:
        name = layer_step.layer.name
        assert entries[Mode.ACT, name, 1].similarity is None
        spatial, temporal = (entries[m, name, 1].similarity for m in (Mode.SPATIAL, Mode.TEMPORAL))
        assert spatial == spatial_similarity(layer_step, IMAGES)
        assert temporal == temporal_similarity(layer_step, IMAGES)


def test_progress_is_told_of_every_layer_step(layer_steps):
    seen: list[tuple[str, int]] = []
    run_statistics(
        WORKLOAD, TINY, steps=STEPS, progress=lambda step: seen.append((step.layer.name, step.step))
    )
    assert seen == [(step.layer.name, step.step) for step in layer_steps]


def test_two_operations_where_both_operands_change():
    entries = run_statistics(WORKLOAD, TINY, steps=STEPS).entries
    for name, layer in WORKLOAD.layers().items():
        act, temporal = (entries[m, name, 1].widths.elements for m in (Mode.ACT, Mode.TEMPORAL))
        assert (temporal > act) == layer.moving
