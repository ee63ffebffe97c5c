from pathlib import Path
from typing import Any

import pytest

from dittosim.layers.onnx_model import read_onnx
from golden.errors import DittosimError

onnx = pytest.importorskip("onnx")
FLOAT = 1


def save(path: Path, nodes: list[Any], inputs: dict[str, Any], weights: dict[str, Any]) -> Path:
    helper = onnx.helper
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(n, FLOAT, shape) for n, shape in inputs.items()],
        [helper.make_tensor_value_info("out", FLOAT, None)],
        [
            helper.make_tensor(n, FLOAT, shape, [0.0] * onnx.numpy_helper.np.prod(shape))
            for n, shape in weights.items()
        ],
    )
    onnx.save(helper.make_model(graph), path)
    return path


def test_layers_of_a_network(tmp_path: Path) -> None:
    node = onnx.helper.make_node
    nodes = [
        node("Conv", ["x", "w0"], ["a"], name="stem", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("Relu", ["a"], ["b"]),
        node("Conv", ["b", "w1"], ["c"], name="depthwise", group=8),
        node("GlobalAveragePool", ["c"], ["d"]),
        node("Flatten", ["d"], ["e"]),
        node("Gemm", ["e", "w2"], ["f"], name="head", transB=1),
        node("MatMul", ["f", "w3"], ["out"], name="last"),
    ]
    weights = {"w0": (8, 3, 3, 3), "w1": (8, 1, 3, 3), "w2": (10, 8), "w3": (10, 4)}
    path = save(tmp_path / "net.onnx", nodes, {"x": (1, 3, 16, 16)}, weights)
    stem, depthwise, head, last = read_onnx(path)
    shape = stem.shape
    assert (stem.name, shape.rows, shape.k, shape.columns) == ("stem", 64, 27, 8)
    assert (shape.height, shape.padding, shape.stride) == (16, 1, 2)
    assert (depthwise.count, depthwise.shape.rows, depthwise.shape.k) == (8, 36, 9)
    assert depthwise.shape.columns == 1
    assert [(one.shape.rows, one.shape.k, one.shape.columns) for one in (head, last)] == [
        (1, 8, 10),
        (1, 10, 4),
    ]


def test_products_of_several_matrices(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("MatMul", ["q", "k"], ["out"], name="scores")]
    inputs = {"q": (2, 4, 9, 16), "k": (2, 4, 16, 7)}
    (found,) = read_onnx(save(tmp_path / "net.onnx", nodes, inputs, {}))
    assert (found.count, found.shape.rows, found.shape.k, found.shape.columns) == (8, 9, 16, 7)


def test_sizes_that_are_open(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("Conv", ["x", "w"], ["out"], name="stem")]
    path = save(tmp_path / "net.onnx", nodes, {"x": (1, 3, "height", 16)}, {"w": (8, 3, 3, 3)})
    with pytest.raises(DittosimError, match=r"'stem' \(Conv\): the size of 'x' is 1 x 3 x \? x 16"):
        read_onnx(path)


def test_an_operation_that_has_no_shape_here(tmp_path: Path) -> None:
    nodes = [onnx.helper.make_node("ConvTranspose", ["x", "w"], ["out"], name="up")]
    path = save(tmp_path / "net.onnx", nodes, {"x": (1, 3, 4, 4)}, {"w": (3, 8, 3, 3)})
    with pytest.raises(DittosimError, match=r"node 'up' \(ConvTranspose\): has no shape here"):
        read_onnx(path)


def test_what_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"no model at all")
    with pytest.raises(DittosimError, match=r"cannot read model .*net\.onnx"):
        read_onnx(path)
