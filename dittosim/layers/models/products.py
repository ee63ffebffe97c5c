"""A model's layers as the products that a machine runs."""

from collections.abc import Iterable, Iterator

from dittosim.layers.models.table import ModelLayer
from dittosim.layers.shapes import NamedShape, matrix_product
from golden.difference.matmul import Mode

SECOND = "'"
"""Behind the name of the second product of two, as elsewhere"""


def products(layers: Iterable[ModelLayer], mode: Mode) -> Iterator[NamedShape]:
    """One of each layer; in ``TEMPORAL`` two of self attention, both of whose operands change.

    The second has rows of the other operand, transposed (:mod:`golden.step.attention`).
    """
    for layer in layers:
        yield layer.shaped
        if layer.moving and mode is Mode.TEMPORAL:
            shape, count = layer.shaped.shape, layer.shaped.count
            turned = matrix_product(shape.columns, shape.channels, shape.rows)
            yield NamedShape(layer.shaped.name + SECOND, turned, count)
