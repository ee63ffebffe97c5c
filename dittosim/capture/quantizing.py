"""From a layer's floating-point operands to int8, with one scale per operand for all steps."""

import zlib
from typing import Literal, NamedTuple

import numpy as np

from golden.errors import DittosimError
from golden.formats.im2col import output_size
from golden.formats.quantization import TensorFormat
from golden.workload.trace import LayerDescription


class FloatProduct(NamedTuple):
    """What a layer multiplies at one step, before quantization."""

    name: str
    first: np.ndarray
    """float32 (count, height, width, channels)"""
    columns: int
    second: np.ndarray | None = None
    """float32 (count, k, columns); None for weights"""
    kernel: int = 1
    stride: int = 1
    padding: int = 0

    @property
    def operands(self) -> list[np.ndarray]:
        """The operands that are tensors."""
        return [self.first] if self.second is None else [self.first, self.second]

    @property
    def macs(self) -> int:
        """Multiply-accumulates, those with padding too."""
        count, height, width, channels = self.first.shape
        rows = count
        for size in (height, width):
            rows *= output_size(size, self.kernel, self.stride, self.padding)
        return rows * self.kernel**2 * channels * self.columns


class Ranges:
    """Extremes of every operand over a run, whether it changes, and the formats that cover it."""

    def __init__(self) -> None:
        self._extremes: dict[str, list[tuple[float, float]]] = {}
        self._bytes: dict[str, int] = {}
        self._checksums: dict[str, list[int | None]] = {}
        """Of each operand at its first step, None from when it has changed"""

    def see(self, product: FloatProduct) -> None:
        """Widens the ranges of a layer; DittosimError if it computes with inf or nan."""
        seen = [(float(x.min()), float(x.max())) for x in product.operands]
        if not np.isfinite(seen).all():
            raise DittosimError(
                f"layer '{product.name}' is given values that are not finite; check the weights"
            )
        before = self._extremes.get(product.name)
        if before is None:
            self._bytes[product.name] = sum(x.size for x in product.operands)
        else:
            pairs = zip(before, seen, strict=True)
            seen = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]
        self._extremes[product.name] = seen
        self.compare(product)

    def compare(self, product: FloatProduct) -> None:
        """Notes which operands are not those of the first step; widens no range."""
        before = self._checksums.get(product.name)
        if before is None:
            self._checksums[product.name] = [_checksum(x) for x in product.operands]
            return
        for number, operand in enumerate(product.operands):
            if before[number] is not None and before[number] != _checksum(operand):
                before[number] = None

    def knows(self, name: str) -> bool:
        """Whether a layer of that name was seen."""
        return name in self._checksums

    def changes(self, name: str) -> bool:
        """Whether any operand of a layer changes; one that does not, the host computes ahead."""
        return None in self._checksums[name]

    @property
    def seen(self) -> list[str]:
        """Names of all layers seen."""
        return list(self._extremes)

    @property
    def layers(self) -> list[str]:
        """Names of the layers that change, in execution order."""
        return [name for name in self.seen if self.changes(name)]

    @property
    def step_bytes(self) -> int:
        """Of the int8 operands of those at one step."""
        return sum(self._bytes[name] for name in self.layers)

    def quantized(self, product: FloatProduct) -> tuple[LayerDescription, list[np.ndarray]]:
        """The layer with its operands as int8.

        Attention's have zero point 0, as both take part in differences.
        """
        symmetric = product.second is not None
        formats = [
            TensorFormat.covering(low, high, symmetric=symmetric)
            for low, high in self._extremes[product.name]
        ]
        second: Literal["weights", "fixed", "changing"] = "weights"
        if symmetric:
            second = "changing" if self._checksums[product.name][1] is None else "fixed"
        count, height, width, channels = product.first.shape
        layer = LayerDescription(
            name=product.name,
            shape=(count, height, width, channels),
            columns=product.columns,
            kernel=product.kernel,
            stride=product.stride,
            padding=product.padding,
            second=second,
            zero_point=formats[0].zero_point,
        )
        pairs = zip(formats, product.operands, strict=True)
        return layer, [form.quantize(x) for form, x in pairs]


def _checksum(operand: np.ndarray) -> int:
    return zlib.crc32(np.ascontiguousarray(operand).data)
