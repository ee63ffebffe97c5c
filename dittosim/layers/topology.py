"""Topologies of SCALE-Sim: a table of convolutions or of matrix products, as CSV."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from dittosim.layers.shapes import NamedShape, convolution, matrix_product
from golden.errors import DittosimError
from golden.reading import read_text

CONVOLUTION = (
    *("IFMAP height", "IFMAP width", "filter height", "filter width"),
    *("channels", "number of filters", "strides"),
)
PRODUCT = ("M", "N", "K")
DEPTHWISE = "DP"
"""In the name of a layer whose channels are convolved one by one"""


def read_topology(path: Path) -> list[NamedShape]:
    """The layers; DittosimError names the line and the column that is wrong.

    The first line holds names. Others have a name and either 7 numbers (:data:`CONVOLUTION`) or 3
    (:data:`PRODUCT`); a further column, SCALE-Sim's ratio of sparsity, must be 1:1. Images have
    their padding already.
    """
    lines = list(csv.reader(read_text(path, "topology").splitlines()))
    found = []
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found.append(_layer(cells, f"{path}, line {number}"))
    if not found:
        raise DittosimError(f"{path}: no layers; a topology has a line of names, then layers")
    return found


def topology_text(layers: Iterable[NamedShape]) -> str:
    """The layers as a topology that SCALE-Sim and :func:`read_topology` read.

    All are convolutions: matrix products have a window of 1 x 1, images their padding. Equal
    layers, of which a topology knows nothing, have a line each.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=",\n")
    writer.writerow(("Layer", *CONVOLUTION))
    for layer in layers:
        shape = layer.shape
        border = 2 * shape.padding + shape.trailing
        size = shape.height + border, shape.width + border
        window = shape.kernel, shape.kernel, shape.channels, shape.columns, shape.stride
        for number in range(layer.count):
            name = f"{layer.name}[{number}]" if layer.count > 1 else layer.name
            writer.writerow((name, *size, *window))
    return out.getvalue()


def _layer(cells: Sequence[str], place: str) -> NamedShape:
    name, *values = cells
    if values and ":" in values[-1]:
        ratio = values.pop()
        if ratio.replace(" ", "") != "1:1":
            raise DittosimError(
                f"{place}: sparsity {ratio} of weights: the machine has none; leave it out"
            )
    for columns in (CONVOLUTION, PRODUCT):
        if len(values) == len(columns):
            numbers = [_number(*each, place) for each in zip(columns, values, strict=True)]
            break
    else:
        raise DittosimError(
            f"{place}: {len(values)} numbers behind the name; convolutions have "
            f"{len(CONVOLUTION)} ({', '.join(CONVOLUTION)}), products {len(PRODUCT)} "
            f"({', '.join(PRODUCT)})"
        )
    if columns is PRODUCT:
        rows, width, k = numbers
        return NamedShape(name, matrix_product(rows, k, width))
    height, wide, kernel_height, kernel_width, channels, filters, stride = numbers
    depthwise = DEPTHWISE in name
    try:
        shape = convolution(
            (height, wide),
            1 if depthwise else channels,
            filters,
            (kernel_height, kernel_width),
            (stride, stride),
        )
    except ValueError as error:
        raise DittosimError(f"{place}: {error}") from error
    return NamedShape(name, shape, channels if depthwise else 1)


def _number(column: str, value: str, place: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value)):
        raise DittosimError(f"{place}: {column} = {value}: must be a whole number, at least 1")
    return int(value)
