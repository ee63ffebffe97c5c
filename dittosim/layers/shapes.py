"""Layers by their shapes."""

from dataclasses import dataclass

from golden.accelerator.shape import LayerShape


@dataclass(frozen=True)
class NamedShape:
    """Equal layers under one name, such as the groups of a convolution."""

    name: str
    shape: LayerShape
    count: int = 1

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all of them."""
        return self.count * self.shape.rows * self.shape.k * self.shape.columns


def matrix_product(rows: int, k: int, columns: int) -> LayerShape:
    """(rows, k) @ (k, columns)."""
    return LayerShape(height=rows, width=1, channels=k, columns=columns)


def convolution(
    size: tuple[int, int],
    channels: int,
    columns: int,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: int = 0,
) -> LayerShape:
    """A convolution, height before width; of ``size`` so much is ``padding`` on every side.

    ValueError if no window fits. One that is not square, in its window or its stride, is a product
    of the matrix of its windows.
    """
    out = [(n - k) // s + 1 for n, k, s in zip(size, kernel, stride, strict=True)]
    if min(n - k for n, k in zip(size, kernel, strict=True)) < 0:
        raise ValueError(
            f"a window of {kernel[0]} x {kernel[1]} is larger than the image of {size[0]} x "
            f"{size[1]}"
        )
    if kernel[0] == kernel[1] and stride[0] == stride[1]:
        return LayerShape(
            height=size[0] - 2 * padding,
            width=size[1] - 2 * padding,
            channels=channels,
            columns=columns,
            kernel=kernel[0],
            stride=stride[0],
            padding=padding,
        )
    return LayerShape(
        height=out[0], width=out[1], channels=kernel[0] * kernel[1] * channels, columns=columns
    )
