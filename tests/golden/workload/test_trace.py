"""Traces: what was recorded is what is simulated, and damage is named."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.difference.bit_widths import BitWidths
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.formats.encoding import Encoding
from golden.formats.im2col import im2col
from golden.machine.config import load_config
from golden.workload.class_counts import ENCODINGS, MODES, ClassWriter, load_counts, total_widths
from golden.workload.trace import (
    CLASSES_FILE,
    TRACE_FILE,
    LayerDescription,
    TraceLayer,
    TraceWriter,
    load_trace,
)
from sim.run.simulation import Simulation, simulate, simulate_trace
from tests.helpers.diffusers_models import CONDITION, UNET, workload

STEPS = 3


@pytest.mark.parametrize("config", [UNET, CONDITION], ids=lambda c: c["_class_name"])
def test_simulated_trace_equals_simulated_workload(tmp_path: Path, config: dict) -> None:
    model, machine = workload(tmp_path / "model", config, STEPS), load_config("tiny")
    direct, traced = Simulation(machine, list(Mode)), Simulation(machine, list(Mode))
    folder = tmp_path / "trace"
    folder.mkdir()
    writer = TraceWriter(folder, STEPS)
    simulate(model, direct, progress=writer.observe)
    writer.finish("random", images=1, seed=0)
    trace = load_trace(folder)
    simulate_trace(trace, traced)

    assert trace.description.steps == STEPS
    assert [layer.name for layer in trace.description.layers] == list(model.layers())
    seconds = {layer.second for layer in trace.description.layers}
    assert seconds == {"weights", "changing"} | ({"fixed"} if config is CONDITION else set())
    assert list(traced.cycles) == list(direct.cycles)
    assert traced.cycles == direct.cycles
    fewer = Simulation(machine, [Mode.ACT])
    simulate_trace(trace, fewer, steps=2)
    assert fewer.step_total(Mode.ACT, 1) == direct.step_total(Mode.ACT, 1)
    assert fewer.step_total(Mode.ACT, 2).cycles == 0


def test_rows_are_rebuilt_from_images() -> None:
    layer = LayerDescription(
        name="c",
        shape=(2, 5, 4, 3),
        columns=7,
        kernel=3,
        stride=2,
        padding=1,
        zero_point=-9,
    )
    image = np.random.default_rng(0).integers(-128, 128, layer.shape, dtype=np.int8)
    previous = np.random.default_rng(1).integers(-128, 128, layer.shape, dtype=np.int8)
    found = TraceLayer.of(layer).at_step(1, [image], [previous])
    rows = im2col(image, 3, 2, 1, -9).reshape(2, 6, 27)
    np.testing.assert_array_equal(found.operands.first, rows)
    (product,) = found.products(Mode.TEMPORAL)
    np.testing.assert_array_equal(
        product.previous_rows, im2col(previous, 3, 2, 1, -9).reshape(2, 6, 27)
    )
    assert product.weights.shape == (27, 7)


def test_class_counts(tmp_path: Path) -> None:
    model = workload(tmp_path / "model", UNET, STEPS)
    expected: dict[tuple[str, int, Encoding, Mode], BitWidths] = {}
    writer = ClassWriter(tmp_path, STEPS)

    def observe(layer_step: LayerStep) -> None:
        first, second = layer_step.operands
        layer = LayerDescription(
            name=layer_step.layer.name,
            shape=(*first.shape[:2], 1, first.shape[2]),
            columns=layer_step.layer.columns,
            second="changing" if layer_step.layer.moving else "weights",
            zero_point=layer_step.layer.zero_point,
        )
        inputs = [first[:, :, None], *([second] if layer_step.layer.moving else [])]
        writer.add(layer, layer_step.step, inputs)
        for encoding in Encoding:
            for mode in Mode:
                widths = [
                    BitWidths.of(product.differences(mode), encoding)
                    for product in layer_step.products(mode)
                ]
                key = (layer.name, layer_step.step, encoding, mode)
                expected[key] = sum(widths, BitWidths())

    model.sample(Mode.ACT, model.noise(2, 0), observer=observe)
    writer.finish("random", images=2, seed=0)
    trace = load_trace(tmp_path)
    counts = load_counts(trace)
    for number, layer in enumerate(trace.description.layers):
        for step in range(STEPS):
            for i, encoding in enumerate(ENCODINGS):
                for j, mode in enumerate(MODES):
                    widths = BitWidths(*counts[number, step, i, j].tolist())
                    assert widths == expected[layer.name, step, encoding, mode]
    total = total_widths(counts, Encoding.SIGN_MAGNITUDE, Mode.TEMPORAL)
    wanted = (
        widths
        for (_, step, encoding, mode), widths in expected.items()
        if step and encoding is Encoding.SIGN_MAGNITUDE and mode is Mode.TEMPORAL
    )
    assert total == sum(wanted, BitWidths())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A trace of two layers, for damage."""
    rng = np.random.default_rng(0)
    writer = TraceWriter(tmp_path, 2)
    layers = (
        LayerDescription(name="conv", shape=(1, 4, 4, 3), columns=5, kernel=3, padding=1),
        LayerDescription(name="scores", shape=(2, 1, 6, 4), columns=6, second="changing"),
    )
    for step in range(2):
        for layer in layers:
            shapes = layer.operand_shapes(2).values()
            inputs = [rng.integers(-128, 128, shape[1:], dtype=np.int8) for shape in shapes]
            writer.add(layer, step, inputs)
    writer.finish("random", images=1, seed=0)
    load_trace(tmp_path)
    return tmp_path


def error(folder: Path) -> str:
    with pytest.raises(DittosimError) as caught:
        load_trace(folder)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["0000.first.npy", "0001.first.npy", "0001.second.npy"])
def test_damaged_files(folder: Path, name: str) -> None:
    path = folder / name
    content = path.read_bytes()
    for size in (0, 5, 100, len(content) - 1):
        path.write_bytes(content[:size])
        assert error(folder).startswith(f"cannot read {path}: ")
        assert error(folder).endswith("the trace may be cut short, capture it again")
    array = np.load(_restored(path, content))
    np.save(path, array.astype(np.int16))
    assert error(folder) == (
        f"{path}: holds int16 {array.shape}, but {TRACE_FILE} asks for int8 {array.shape}"
    )
    np.save(path, array[:1])
    assert f"holds int8 {array[:1].shape}" in error(folder)
    np.save(path, np.array([{}]), allow_pickle=True)
    assert error(folder).startswith(f"cannot read {path}: ")
    path.unlink()
    assert error(folder).startswith(f"cannot read {path}: ")


def _restored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda d: d.update(version=2), "version = 2"),
        (lambda d: d.update(steps=0), "steps = 0"),
        (lambda d: d.update(colour="red"), "unknown field 'colour'"),
        (lambda d: d.update(layers=[]), "layers"),
        (
            lambda d: d["layers"][0].update(kernel=0),
            "layer 'conv': kernel = 0: must be greater than 0",
        ),
        (lambda d: d["layers"][0].update(kernel=9), "layer 'conv': the kernel does not fit"),
        (lambda d: d["layers"][0].update(name="scores"), "layer 'scores': the name is used twice"),
        (lambda d: d["layers"][1].update(zero_point=3), "zero_point = 0"),
        (
            lambda d: d["layers"][0].update(zero_point=300),
            "layer 'conv': zero_point = 300: must be at most 127",
        ),
        (
            lambda d: d["layers"][0].update(shape=[1, 2]),
            "layer 'conv': shape: has 2 entries, must have 4",
        ),
    ],
)
def test_wrong_description(
    folder: Path, edit: Callable[[dict[str, Any]], object], words: str
) -> None:
    path = folder / TRACE_FILE
    description = json.loads(path.read_text())
    edit(description)
    path.write_text(json.dumps(description))
    message = error(folder)
    assert message.startswith(f"{path}: ")
    assert words in message


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_malformed_description(folder: Path, text: str) -> None:
    (folder / TRACE_FILE).write_text(text)
    assert error(folder).startswith(f"{folder / TRACE_FILE}: ")


def test_damaged_counts(folder: Path) -> None:
    path = folder / TRACE_FILE
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"contents": "classes"}))
    trace = load_trace(folder)
    counts = folder / CLASSES_FILE
    for damaged in (b"", b"no array"):
        counts.write_bytes(damaged)
        with pytest.raises(DittosimError, match=r"cannot read .*classes\.npy: "):
            load_counts(trace)
    np.save(counts, np.zeros((2, 2, 2, 3, 5), np.int64))
    with pytest.raises(DittosimError, match="asks for int64"):
        load_counts(trace)


def test_writer_refuses_what_does_not_fit(tmp_path: Path) -> None:
    layer = LayerDescription(name="x", shape=(1, 2, 2, 3), columns=5)
    with pytest.raises(ValueError, match="layer 'x': first is"):
        TraceWriter(tmp_path, 1).add(layer, 0, [np.zeros((1, 2, 2, 4), np.int8)])
