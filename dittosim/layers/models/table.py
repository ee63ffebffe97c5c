"""A model's layers, in the order in which it computes them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from dittosim.layers.shapes import NamedShape, matrix_product
from golden.accelerator.shape import LayerShape


class Kind(StrEnum):
    """What a layer is."""

    SPATIAL = "3x3"
    POINTWISE = "1x1"
    """Convolutions whose windows do not overlap: of patches, too"""
    LINEAR = "linear"
    PRODUCT = "product"
    """Of two tensors: attention"""


@dataclass(frozen=True, kw_only=True)
class ModelLayer:
    """A layer; attention of several heads or sequences is equal products under one name."""

    shaped: NamedShape
    kind: Kind
    conditional: bool = False
    """Whether it depends on time, class or text alone, so that the host computes it beforehand"""
    moving: bool = False
    """Whether both operands change from step to step: self attention"""

    @property
    def weights(self) -> int:
        """Elements of its weights; those of attention are activations."""
        shape = self.shaped.shape
        return 0 if self.kind is Kind.PRODUCT else shape.k * shape.columns

    @property
    def inputs(self) -> int:
        """Elements of the tensors that it reads and that change from step to step.

        Of self attention both operands; keys and values of a context stand for weights.
        """
        shape, count = self.shaped.shape, self.shaped.count
        first = shape.height * shape.width * shape.channels
        return count * (first + self.moving * shape.k * shape.columns)

    @property
    def outputs(self) -> int:
        """Elements that it writes."""
        return self.shaped.count * self.shaped.shape.rows * self.shaped.shape.columns


@dataclass(frozen=True)
class Counts:
    """What a table comes to; activations are those of one pass for one image or video."""

    layers: dict[Kind, int]
    weights: int
    macs_weighted: int
    """Multiply-accumulates of convolutions and fully connected layers"""
    macs_self: int
    macs_cross: int
    inputs: int
    outputs: int
    scores: int
    """Elements of the products of queries and keys"""

    @property
    def macs(self) -> int:
        """Of all layers."""
        return self.macs_weighted + self.macs_self + self.macs_cross


def counted(layers: Iterable[ModelLayer]) -> Counts:
    """The counts of a table."""
    layers = list(layers)
    products = [one for one in layers if one.kind is Kind.PRODUCT]
    return Counts(
        {kind: sum(one.kind is kind for one in layers) for kind in Kind},
        sum(one.weights for one in layers),
        sum(one.shaped.macs for one in layers if one.kind is not Kind.PRODUCT),
        sum(one.shaped.macs for one in products if one.moving),
        sum(one.shaped.macs for one in products if not one.moving),
        sum(one.inputs for one in layers),
        sum(one.outputs for one in layers),
        sum(one.outputs for one in products if one.shaped.name.endswith(SCORES)),
    )


SCORES, MIX = ".scores", ".mix"
"""How the names of attention's two products end"""


class TableBuilder:
    """Collects layers; sizes are those of activations where a layer reads them."""

    def __init__(self) -> None:
        self.layers: list[ModelLayer] = []

    def convolution(
        self, name: str, size: int, channels: int, columns: int, *, stride: int = 1, below: int = 0
    ) -> None:
        """3 x 3 on ``size`` x ``size`` pixels, padded by 1 on every side.

        With ``below`` instead only below and to the right, by so much.
        """
        shape = LayerShape(
            height=size,
            width=size,
            channels=channels,
            columns=columns,
            kernel=3,
            stride=stride,
            padding=0 if below else 1,
            trailing=below,
        )
        self.layers.append(ModelLayer(shaped=NamedShape(name, shape), kind=Kind.SPATIAL))

    def pointwise(self, name: str, size: int, channels: int, columns: int) -> None:
        """1 x 1 on ``size`` x ``size`` pixels."""
        shape = LayerShape(height=size, width=size, channels=channels, columns=columns)
        self.layers.append(ModelLayer(shaped=NamedShape(name, shape), kind=Kind.POINTWISE))

    def patches(
        self, name: str, frames: int, size: int, patch: int, columns: int, channels: int
    ) -> None:
        """A convolution of patches that do not overlap, of each of several frames."""
        shape = LayerShape(
            height=size, width=size, channels=channels, columns=columns, kernel=patch, stride=patch
        )
        self.layers.append(ModelLayer(shaped=NamedShape(name, shape, frames), kind=Kind.POINTWISE))

    def linear(
        self, name: str, rows: int, channels: int, columns: int, *, conditional: bool = False
    ) -> None:
        """Fully connected, for each of ``rows`` rows."""
        shape = matrix_product(rows, channels, columns)
        self.layers.append(
            ModelLayer(shaped=NamedShape(name, shape), kind=Kind.LINEAR, conditional=conditional)
        )

    def attention(
        self,
        name: str,
        rows: int,
        tokens: int,
        channels: int,
        heads: int,
        *,
        moving: bool = True,
        sequences: int = 1,
    ) -> None:
        """Its two products: of ``rows`` queries and ``tokens`` keys, of scores and values.

        For each head, and each of several sequences that attend only to themselves.
        """
        size, count = channels // heads, heads * sequences
        for end, k, columns in ((SCORES, size, tokens), (MIX, tokens, size)):
            shaped = NamedShape(name + end, matrix_product(rows, k, columns), count)
            self.layers.append(ModelLayer(shaped=shaped, kind=Kind.PRODUCT, moving=moving))
