"""Layers of a model in ONNX: convolutions and matrix products, by the shapes it says or implies."""

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

from dittosim.layers.shapes import NamedShape, convolution, matrix_product
from golden.errors import DittosimError
from golden.reading import check_regular

UNKNOWN = (
    *("ConvTranspose", "ConvInteger", "QLinearConv", "QLinearMatMul", "MatMulInteger"),
    *("Einsum", "LSTM", "GRU", "RNN", "DeformConv", "Attention", "Loop", "If", "Scan"),
)
"""Operations that multiply matrices, or hold others that do, and have no shape here"""


def read_onnx(path: Path) -> list[NamedShape]:
    """The layers in the order of the graph; what multiplies no matrices is left out.

    DittosimError if the model cannot be read, has an operation of :data:`UNKNOWN`, or a size that
    is not known.
    """
    try:
        import onnx
    except ImportError as error:
        raise DittosimError(
            "models in ONNX need onnx: install it in the clone with make extras, or in an "
            "environment of your own with pip install -e '.[onnx]'"
        ) from error

    check_regular(path, "model")
    try:
        model = onnx.shape_inference.infer_shapes(
            onnx.load(path, load_external_data=False), data_prop=True
        )
    except Exception as error:  # of protobuf, of the checker: as many kinds as faults
        reason = str(error).strip().splitlines()[:1] or ["it is damaged"]
        raise DittosimError(f"cannot read model {path}: {reason[0][:200]}") from error
    found = list(_layers(model.graph, str(path)))
    if not found:
        raise DittosimError(f"{path}: no convolution and no matrix product in the model")
    return found


def _layers(graph: Any, source: str) -> Iterator[NamedShape]:
    shapes = {name.name: tuple(name.dims) for name in graph.initializer}
    for value in (*graph.input, *graph.value_info, *graph.output):
        if value.type.HasField("tensor_type"):
            dims = value.type.tensor_type.shape.dim
            shapes.setdefault(value.name, tuple(d.dim_value or None for d in dims))
    for number, node in enumerate(graph.node):
        place = f"{source}: node '{node.name or number}' ({node.op_type})"
        if node.op_type in UNKNOWN:
            raise DittosimError(
                f"{place}: has no shape here; convolutions (Conv) and products (Gemm, MatMul) do"
            )
        if node.op_type not in ("Conv", "Gemm", "MatMul"):
            continue
        first, second = (_known(name, shapes, place) for name in node.input[:2])
        attributes = {each.name: each for each in node.attribute}
        name = node.name or f"{node.op_type}{number}"
        match node.op_type:
            case "Conv":
                yield _convolution(name, first, second, attributes, place)
            case "Gemm":
                turned = attributes["transA"].i if "transA" in attributes else 0
                rows, k = reversed(first) if turned else first
                turned = attributes["transB"].i if "transB" in attributes else 0
                yield NamedShape(name, matrix_product(rows, k, second[0 if turned else 1]))
            case _:
                yield _product(name, first, second)


def _known(name: str, shapes: dict[str, tuple[int | None, ...]], place: str) -> tuple[int, ...]:
    shape = shapes.get(name)
    if shape is None or None in shape:
        said = "unknown" if shape is None else " x ".join(str(n or "?") for n in shape)
        raise DittosimError(
            f"{place}: the size of '{name}' is {said}; export the model with fixed sizes"
        )
    return tuple(n for n in shape if n is not None)


def _convolution(
    name: str,
    image: Sequence[int],
    weights: Sequence[int],
    attributes: dict[str, Any],
    place: str,
) -> NamedShape:
    if len(image) != 4:
        raise DittosimError(
            f"{place}: of {len(image) - 2} dimensions; those of 2 have a shape here"
        )
    kernel = weights[2:]

    def pair(attribute: str, otherwise: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(attributes[attribute].ints) if attribute in attributes else otherwise

    if any(n > 1 for n in pair("dilations", (1, 1))):
        raise DittosimError(f"{place}: dilated windows have no shape here")
    stride = pair("strides", (1, 1))
    pads = pair("pads", (0, 0, 0, 0))
    automatic = attributes["auto_pad"].s.decode() if "auto_pad" in attributes else "NOTSET"
    padding = pads[0] if len(set(pads)) == 1 else 0
    size = [image[2] + pads[0] + pads[2], image[3] + pads[1] + pads[3]]
    if automatic.startswith("SAME"):
        size = [(-(-n // s) - 1) * s + k for n, s, k in zip(image[2:], stride, kernel, strict=True)]
    groups = attributes["group"].i if "group" in attributes else 1
    try:
        shape = convolution(
            (size[0], size[1]),
            weights[1],
            weights[0] // groups,
            (kernel[0], kernel[1]),
            (stride[0], stride[1]),
            padding,
        )
    except ValueError as error:
        raise DittosimError(f"{place}: {error}") from error
    return NamedShape(name, shape, image[0] * groups)


def _product(name: str, first: Sequence[int], second: Sequence[int]) -> NamedShape:
    """All that is not shared lies in rows; otherwise there are as many products as it has."""
    rows = first[-2] if len(first) > 1 else 1
    outer = prod(first[:-2])
    columns = second[-1] if len(second) > 1 else 1
    if len(second) <= 2:
        return NamedShape(name, matrix_product(outer * rows, first[-1], columns))
    count = max(outer, prod(second[:-2]))
    return NamedShape(name, matrix_product(rows, first[-1], columns), count)
