import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from golden import graph as g
from golden.diffusion import Schedule
from golden.errors import DittosimError
from golden.matmul import Mode
from golden.quantization import ActivationFormat
from golden.workload import (
    DESCRIPTION_FILE,
    WEIGHTS_FILE,
    WorkloadDescription,
    load_workload,
    save_workload,
    shipped_workloads,
)

READABLE = 400
"""Characters, beside the path: a message that repeats the whole file helps nobody."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of digits-unet, for damage."""
    target = tmp_path / "damaged"
    target.mkdir()
    for name in (DESCRIPTION_FILE, WEIGHTS_FILE):
        shutil.copy(shipped_workloads()["digits-unet"] / name, target / name)
    return target


def error(path: Path) -> str:
    with pytest.raises(DittosimError) as caught:
        load_workload(str(path))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < len(str(path)) * message.count(str(path)) + READABLE
    return message


def edit_description(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = folder / DESCRIPTION_FILE
    description = json.loads(path.read_text())
    edit(description)
    path.write_text(json.dumps(description))


def edit_weights(folder: Path, edit: Callable[[dict[str, np.ndarray]], object]) -> None:
    path = folder / WEIGHTS_FILE
    weights = safetensors.numpy.load_file(path)
    edit(weights)
    safetensors.numpy.save_file(weights, path)


def test_digits_unet_loads():
    workload = load_workload("digits-unet")
    description = workload.description

    assert workload.name == "digits-unet"
    assert description.image_shape == (16, 16, 1)
    assert description.steps == 50
    assert set(workload.weights) == set(description.graph.parameter_shapes())
    layers = workload.layers()
    assert list(layers) == [node.name for node in description.graph.matmuls()]
    assert list(layers) == list(description.input_formats)
    assert (layers["middle.conv1"].k, layers["middle.conv1"].columns) == (576, 64)


def test_digits_unet_is_small():
    folder = shipped_workloads()["digits-unet"]
    assert 0 < (folder / WEIGHTS_FILE).stat().st_size < 1_000_000


def test_a_copy_in_any_folder_loads(folder):
    workload, shipped = load_workload(str(folder)), load_workload("digits-unet")
    assert workload.name == "damaged"
    assert workload.description == shipped.description
    for name, values in shipped.weights.items():
        np.testing.assert_array_equal(workload.weights[name], values)


def test_noise_depends_on_the_seed_alone():
    workload = load_workload("digits-unet")
    noise = workload.noise(3, 1)
    assert noise.dtype == np.float32
    assert noise.shape == (3, 16, 16, 1)
    np.testing.assert_array_equal(workload.noise(3, 1), noise)
    assert (workload.noise(3, 2) != noise).all()


def test_sample_takes_steps_and_observer():
    workload = load_workload("digits-unet")
    seen = []
    images = workload.sample(Mode.ACT, workload.noise(1, 0), 2, lambda step: seen.append(step.step))
    assert images.dtype == np.float32
    assert images.shape == (1, 16, 16, 1)
    assert np.abs(images).max() <= 1
    assert seen == [0] * 13 + [1] * 13


def test_missing_folder(tmp_path):
    message = error(tmp_path / "nowhere")
    assert message.startswith(f"no workload '{tmp_path / 'nowhere'}': choose one of digits-unet, ")


@pytest.mark.parametrize("name", [DESCRIPTION_FILE, WEIGHTS_FILE])
def test_missing_file(folder, name):
    (folder / name).unlink()
    message = error(folder)
    assert str(folder / name) in message
    assert "No such file" in message


@pytest.mark.parametrize("size", [0, 5, 50, 5000, 771_000])
def test_truncated_weights(folder, size):
    path = folder / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:size])
    message = error(folder)
    assert message.startswith(f"cannot read weights {path}: ")
    assert message.endswith("the file may be cut short, restore it")


def test_missing_tensor(folder):
    edit_weights(folder, lambda weights: weights.pop("stem.bias"))
    assert error(folder) == f"{folder / WEIGHTS_FILE}: tensor 'stem.bias' is missing"


def test_wrong_shape(folder):
    edit_weights(folder, lambda w: w.update({"stem.bias": np.zeros(31, np.float32)}))
    assert error(folder) == (
        f"{folder / WEIGHTS_FILE}: tensor 'stem.bias' is float32 (31,), "
        "but the graph needs float32 (32,)"
    )


@pytest.mark.parametrize("dtype", ["float64", "float16", "int8"])
def test_wrong_type(folder, dtype):
    edit_weights(folder, lambda w: w.update({"stem.bias": np.zeros(32, dtype)}))
    assert error(folder) == (
        f"{folder / WEIGHTS_FILE}: tensor 'stem.bias' is {dtype} (32,), "
        "but the graph needs float32 (32,)"
    )


def test_bfloat16_which_numpy_lacks(folder):
    def halved(tensor: dict) -> dict:
        start, end = tensor["data_offsets"]
        return tensor | {"dtype": "BF16", "data_offsets": [start // 2, end // 2]}

    path = folder / WEIGHTS_FILE
    content = path.read_bytes()
    data = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:data])
    tensors = {name: halved(entry) for name, entry in header.items() if name != "__metadata__"}
    text = json.dumps(tensors).encode()
    zeros = bytes((len(content) - data) // 2)
    path.write_bytes(len(text).to_bytes(8, "little") + text + zeros)
    assert str(path) in error(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(folder, value):
    def spoil(weights: dict[str, np.ndarray]) -> None:
        weights["down.weight"][1, 1, 3, 3] = value

    edit_weights(folder, spoil)
    assert error(folder) == (
        f"{folder / WEIGHTS_FILE}: tensor 'down.weight' holds values that are not finite"
    )


def test_layer_without_input_format(folder):
    edit_description(folder, lambda d: d["input_formats"].pop("stem"))
    assert error(folder) == (
        f"{folder / DESCRIPTION_FILE}: input_formats: node 'stem' has none; calibrate the model"
    )


def test_no_input_formats_at_all(folder):
    edit_description(folder, lambda d: d.pop("input_formats"))
    message = error(folder)
    assert message.startswith(f"{folder / DESCRIPTION_FILE}: input_formats")
    assert "required" in message


@pytest.mark.parametrize(
    ("edit", "thing"),
    [
        (lambda d: d["input_formats"]["stem"].update(scale=0), "input_formats.stem.scale = 0: "),
        (lambda d: d["input_formats"]["stem"].update(scale=-1), "input_formats.stem.scale = -1: "),
        (
            lambda d: d["input_formats"]["stem"].update(scale=np.nan),
            "input_formats.stem.scale = nan",
        ),
        (
            lambda d: d["input_formats"]["stem"].update(zero_point=300),
            "input_formats.stem.zero_point = 300: ",
        ),
        (lambda d: d.update(steps=0), "steps = 0: "),
        (lambda d: d.update(colour="red"), "unknown field 'colour'"),
        (lambda d: d["schedule"].update(beta_last=1.5), "schedule.beta_last = 1.5: "),
        (lambda d: d["graph"]["nodes"][1].update(stride=0), "graph.nodes.1.conv2d.stride = 0: "),
        (lambda d: d["graph"]["nodes"][1].update(inputs=["nowhere"]), "graph"),
    ],
)
def test_wrong_description(folder, edit, thing):
    edit_description(folder, edit)
    assert error(folder).startswith(f"{folder / DESCRIPTION_FILE}: {thing}")


@pytest.mark.parametrize("text", ["", "{", '{"summary": }', "[]", "null"])
def test_malformed_json(folder, text):
    path = folder / DESCRIPTION_FILE
    path.write_text(text)
    assert error(folder).startswith(f"{path}: ")


def test_description_that_is_not_text(folder):
    path = folder / DESCRIPTION_FILE
    path.write_bytes(b"\xff\xfe")
    assert error(folder).startswith(f"cannot read {path}: ")


def test_saved_workload_loads_again(tmp_path):
    graph = g.Graph(
        nodes=(g.Linear(name="linear", inputs=(g.IMAGE,), in_channels=1, out_channels=1),)
    )
    description = WorkloadDescription(
        summary="one layer",
        image_shape=(2, 2, 1),
        steps=3,
        schedule=Schedule(timesteps=10, beta_first=0.01, beta_last=0.1),
        graph=graph,
        input_formats={"linear": ActivationFormat(scale=0.1, zero_point=3)},
    )
    weights = {"linear.weight": np.ones((1, 1), np.float32), "linear.bias": np.zeros(1, np.float32)}
    save_workload(tmp_path / "a" / "new", description, weights)
    workload = load_workload(str(tmp_path / "a" / "new"))

    assert workload.name == "new"
    assert workload.description == description
    assert workload.weights == weights
