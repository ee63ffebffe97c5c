"""From a layer's floating-point operands to int8, with one scale per operand for all steps."""

from typing import NamedTuple

import numpy as np

from golden.errors import DittosimError
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
    changing: bool = True
    """Whether the second operand changes from step to step"""
    kernel: int = 1
    stride: int = 1
    padding: int = 0

    @property
    def operands(self) -> list[np.ndarray]:
        """The operands that are tensors."""
        return [self.first] if self.second is None else [self.first, self.second]


class Ranges:
    """Extremes of every operand over a run, and the formats that cover them."""

    def __init__(self) -> None:
        self._extremes: dict[str, list[tuple[float, float]]] = {}
        self.step_bytes = 0
        """Of the int8 operands of all layers at one step"""

    def see(self, product: FloatProduct) -> None:
        """Widens the ranges of a layer; DittosimError if it computes with inf or nan."""
        seen = [(float(x.min()), float(x.max())) for x in product.operands]
        if not np.isfinite(seen).all():
            raise DittosimError(
                f"layer '{product.name}' is given values that are not finite; check the weights"
            )
        before = self._extremes.get(product.name)
        if before is None:
            self.step_bytes += sum(x.size for x in product.operands)
        else:
            pairs = zip(before, seen, strict=True)
            seen = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]
        self._extremes[product.name] = seen

    @property
    def layers(self) -> list[str]:
        """Names of the layers seen, in execution order."""
        return list(self._extremes)

    def quantized(self, product: FloatProduct) -> tuple[LayerDescription, list[np.ndarray]]:
        """The layer with its operands as int8.

        Attention's have zero point 0, as both take part in differences.
        """
        symmetric = product.second is not None
        formats = [
            TensorFormat.covering(low, high, symmetric=symmetric)
            for low, high in self._extremes[product.name]
        ]
        count, height, width, channels = product.first.shape
        layer = LayerDescription(
            name=product.name,
            shape=(count, height, width, channels),
            columns=product.columns,
            kernel=product.kernel,
            stride=product.stride,
            padding=product.padding,
            second="weights" if not symmetric else "changing" if product.changing else "fixed",
            zero_point=formats[0].zero_point,
        )
        pairs = zip(formats, product.operands, strict=True)
        return layer, [form.quantize(x) for form, x in pairs]
