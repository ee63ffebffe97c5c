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
_KINDS = {CONVOLUTION: "convolutions", PRODUCT: "products"}
_ALSO = {
    **dict.fromkeys(("channel", "numchannels"), "channels"),
    **dict.fromkeys(("numfilter", "numfilters", "filters"), "number of filters"),
    "stride": "strides",
}
"""Other names of columns, letters alone"""
DEPTHWISE = "DP"
"""In the name of a layer whose channels are convolved one by one"""


def read_topology(path: Path) -> list[NamedShape]:
    """The layers; DittosimError names the line and the column that is wrong.

    The first line holds names of columns, in that order: :data:`CONVOLUTION` or :data:`PRODUCT`,
    behind that of the layer. Where it holds none of them a layer is what it has numbers for. A
    further column, SCALE-Sim's ratio of sparsity, must be 1:1. Images have their padding already.
    """
    lines = list(csv.reader(read_text(path, "topology").splitlines()))
    kinds = _named(lines[0] if lines else [], f"{path}, line 1")
    found = []
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            found.append(_layer(cells, kinds, f"{path}, line {number}"))
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


def _named(names: Sequence[str], place: str) -> tuple[tuple[str, ...], ...]:
    """What layers can be by the names of columns; DittosimError if these are in another order."""
    told = [_letters(name) for name in names[1:]]
    while told and not told[-1]:
        told.pop()
    products = sorted(told) == sorted(map(_letters, PRODUCT))
    kind: tuple[str, ...] = PRODUCT if products else CONVOLUTION
    every = {_letters(column): column for column in kind} | _ALSO
    known = [every.get(name, "") for name in told]
    if not any(known):
        return tuple(_KINDS)
    for number, (wanted, column) in enumerate(zip(kind, known, strict=False)):
        if column not in ("", wanted):
            raise DittosimError(
                f"{place}: column {number + 2} is {names[number + 1].strip()}, where {wanted} "
                f"belongs: {_KINDS[kind]} have {', '.join(kind)}"
            )
    return (kind,)


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name)).lower()


def _layer(cells: Sequence[str], kinds: Sequence[tuple[str, ...]], place: str) -> NamedShape:
    name, *values = cells
    if values and ":" in values[-1]:
        ratio = values.pop()
        if ratio.replace(" ", "") != "1:1":
            raise DittosimError(
                f"{place}: sparsity {ratio} of weights: the machine has none; leave it out"
            )
    for columns in kinds:
        if len(values) == len(columns):
            numbers = [_number(*each, place) for each in zip(columns, values, strict=True)]
            break
    else:
        wanted = (f"{_KINDS[kind]} have {len(kind)} ({', '.join(kind)})" for kind in kinds)
        raise DittosimError(f"{place}: {len(values)} numbers behind the name; {', '.join(wanted)}")
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
