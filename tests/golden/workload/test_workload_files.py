import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from golden.errors import DittosimError
from golden.formats.quantization import TensorFormat
from golden.network import nodes as n
from golden.network.graph import IMAGE, Graph
from golden.workload.workload import (
    DESCRIPTION_FILE,
    WEIGHTS_FILE,
    WorkloadDescription,
    load_workload,
    save_workload,
)
from tb.stimuli.random_workloads import SCHEDULE, random_workload
from tests.helpers.command_line import workload_copy

READABLE = 400
"""Characters, beside the path: a message that repeats the whole file helps nobody."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of digits-unet, for damage."""
    return workload_copy(tmp_path / "damaged")


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


def test_missing_folder(tmp_path):
    message = error(tmp_path / "nowhere")
    assert message.startswith(f"no workload '{tmp_path / 'nowhere'}': choose one of digits-cond, ")


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


def node(d: dict[str, Any], name: str) -> dict[str, Any]:
    return next(node for node in d["graph"]["nodes"] if node["name"] == name)


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (
            lambda d: d["formats"].pop("stem"),
            "formats: tensor 'stem' has none; calibrate the model",
        ),
        (
            lambda d: d["formats"].pop("encoder.time"),
            "formats: tensor 'encoder.time' has none; calibrate the model",
        ),
        (
            lambda d: d["formats"]["stem"].update(bits=8),
            "formats: tensor 'stem' has 8 bits, the nodes that read it need 16",
        ),
        (
            lambda d: d["formats"]["image"].update(bits=16),
            "formats: tensor 'image' has 16 bits, the nodes that read it need 8",
        ),
        (
            lambda d: d["formats"]["attention.key"].update(zero_point=1),
            "formats: tensor 'attention.key' needs zero_point = 0: attention reads it",
        ),
        (
            lambda d: d["formats"]["attention.softmax"].update(zero_point=-128),
            "formats: tensor 'attention.softmax' needs zero_point = 0: attention reads it",
        ),
        (
            lambda d: d["formats"]["upsample"].update(scale=0.5),
            "formats: upsample 'upsample' changes the format",
        ),
        (
            lambda d: (
                node(d, "concat").update(inputs=["up", "encoder.int8"]),
                d["formats"]["encoder.int8"].update(bits=16),
            ),
            "graph: node 'down' reads 'encoder.int8', which has 16 bits; put a quantize node",
        ),
        (
            lambda d: node(d, "stem").update(inputs=["nowhere"]),
            "graph: node 'stem': there is no input 'nowhere'",
        ),
        (
            lambda d: node(d, "encoder.biased").update(inputs=["encoder", "encoder.time"]),
            "graph: nodes form a cycle: ",
        ),
        (
            lambda d: node(d, "down").update(name="stem"),
            "graph: node 'stem': the name is used twice",
        ),
        (
            lambda d: d["graph"]["nodes"].append(
                {"op": "constant", "name": "last", "shape": [16, 16, 1], "inputs": []}
            ),
            "graph: node 'last', the last, does not depend on the image",
        ),
        (
            lambda d: node(d, "stem").update(out_channels=31),
            "node 'encoder.in.norm': group_norm: takes 32 channels, got 31",
        ),
        (
            lambda d: d.update(image_shape=[15, 16, 1]),
            "node 'concat': concat: inputs of 16 x 16 x 32 and 15 x 16 x 32 do not go together",
        ),
        (
            lambda d: d["graph"]["nodes"].pop(),
            "formats: tensor 'head.silu' has 8 bits, the nodes that read it need 16",
        ),
        (
            lambda d: node(d, "head").update(stride=2),
            "graph: the output is (8, 8, 1), the image (16, 16, 1)",
        ),
    ],
)
def test_graphs_and_formats_that_do_not_work(folder, edit, message):
    edit_description(folder, edit)
    assert error(folder).startswith(f"{folder / DESCRIPTION_FILE}: {message}")


def test_cycle_is_named(folder):
    edit_description(
        folder, lambda d: node(d, "encoder.biased").update(inputs=["encoder", "encoder.time"])
    )
    message = error(folder)
    cycle = message[message.index("cycle: ") + len("cycle: ") :].split(" -> ")
    assert cycle[0] == cycle[-1]
    assert set(cycle) == {
        "encoder",
        "encoder.biased",
        "encoder.out.norm",
        "encoder.out.silu",
        "encoder.conv1",
    }


def test_no_formats_at_all(folder):
    edit_description(folder, lambda d: d.pop("formats"))
    message = error(folder)
    assert message.startswith(f"{folder / DESCRIPTION_FILE}: formats")
    assert message.endswith("formats: is missing")


def test_static_parts_need_no_formats():
    """Nor need they be those of attention or of moved tensors."""
    graph = Graph(
        nodes=(
            n.Constant(name="small", shape=(1, 1, 2)),
            n.AttentionScores(name="scores", inputs=("small", "small"), heads=2),
            n.Upsample(name="large", inputs=("scores",)),
            n.Add(name="sum", inputs=(IMAGE, "large")),
        )
    )
    workload = random_workload(graph, (2, 2, 2))
    assert set(workload.description.formats) == {IMAGE, "large", "sum"}


@pytest.mark.parametrize(
    ("edit", "thing"),
    [
        (lambda d: d["formats"]["stem"].update(scale=0), "formats.stem.scale = 0: "),
        (lambda d: d["formats"]["stem"].update(scale=-1), "formats.stem.scale = -1: "),
        (
            lambda d: d["formats"]["stem"].update(scale=np.nan),
            "formats.stem.scale = nan",
        ),
        (lambda d: d.update(steps=0), "steps = 0: "),
        (lambda d: d.update(colour="red"), "unknown field 'colour'"),
        (lambda d: d["schedule"].update(beta_last=1.5), "schedule.beta_last = 1.5: "),
        (
            lambda d: node(d, "stem").update(stride=0),
            "graph: node 'stem': stride = 0: must be greater",
        ),
        (lambda d: d["formats"]["stem"].update(bits=12), "formats.stem.bits = 12: "),
        (
            lambda d: node(d, "stem").update(op="relu"),
            "graph: node 'stem': op = 'relu': must be one of 'conv2d'",
        ),
        (
            lambda d: node(d, "stem").update(inputs=["image", "image"]),
            "graph: node 'stem': inputs = ['image', 'image']: has 2 entries, must have at most 1",
        ),
    ],
)
def test_wrong_description(folder, edit, thing):
    edit_description(folder, edit)
    assert error(folder).startswith(f"{folder / DESCRIPTION_FILE}: {thing}")


def test_zero_point_beyond_the_bits(folder):
    edit_description(folder, lambda d: d["formats"]["image"].update(zero_point=128))
    message = error(folder)
    assert message.startswith(f"{folder / DESCRIPTION_FILE}: formats.image")
    assert message.endswith("zero_point = 128 does not fit 8 bits")


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
    graph = Graph(nodes=(n.Linear(name="linear", inputs=(IMAGE,), in_channels=1, out_channels=1),))
    description = WorkloadDescription(
        summary="one layer",
        image_shape=(2, 2, 1),
        steps=3,
        schedule=SCHEDULE,
        graph=graph,
        formats={
            IMAGE: TensorFormat(scale=0.1, zero_point=3),
            "linear": TensorFormat(bits=16, scale=1 / 3),
        },
    )
    weights = {"linear.weight": np.ones((1, 1), np.float32), "linear.bias": np.zeros(1, np.float32)}
    save_workload(tmp_path / "a" / "new", description, weights)
    workload = load_workload(str(tmp_path / "a" / "new"))

    assert workload.name == "new"
    assert workload.description == description
    assert workload.weights == weights


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "it is empty"),
        (["b", "a"], "it holds a, b;"),
        (["5", "4", "3", "2", "1"], "it holds 1, 2, 3 and 2 more;"),
        (["inner/workload.json"], "it holds inner/;"),
    ],
)
def test_a_folder_that_is_no_workload(tmp_path: Path, names: list[str], words: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    message = error(tmp_path)
    assert message.startswith(
        f"{tmp_path} is no workload, which has {DESCRIPTION_FILE} and {WEIGHTS_FILE}: {words}"
    )
    assert "digits-unet" in message


@pytest.mark.parametrize("scale", [1e-31, 1e31, 1e308, float("inf"), float("nan")])
def test_scales_that_no_float32_holds(folder: Path, scale: float) -> None:
    edit_description(folder, lambda d: d["formats"][IMAGE].update(scale=scale))
    assert "formats.image.scale" in error(folder)
