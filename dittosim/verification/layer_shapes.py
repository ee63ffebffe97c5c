"""Layers as they are written on the command line: ``320,320,3,64x64``."""

import re

from golden.accelerator.shape import LayerShape
from golden.errors import DittosimError
from golden.formats.elements import INT8_MIN, MAX_DIFFERENCE

FORM = "CHANNELS,COLUMNS,KERNEL,HEIGHTxWIDTH"
"""Channels of the input and of the output; windows of KERNEL x KERNEL, as many as pixels"""
EXAMPLE = "320,320,3,64x64"
LARGEST_K = 2**31 // (MAX_DIFFERENCE * -INT8_MIN)
"""Of a row whose sums cannot leave int32"""

_LAYER = re.compile(r"(\d+),(\d+),(\d+),(\d+)x(\d+)")


def parse_layer(text: str) -> LayerShape:
    """A convolution of stride 1 whose output is as large as its input; DittosimError says why not.

    Kernels are odd; one of 1 makes a layer of a matrix product per pixel.
    """
    found = _LAYER.fullmatch(text)
    if found is None:
        raise DittosimError(f"--layer {text}: write it as {FORM}, such as {EXAMPLE}")
    channels, columns, kernel, height, width = map(int, found.groups())
    if not all((channels, columns, kernel, height, width)):
        raise DittosimError(f"--layer {text}: every number must be at least 1, as in {EXAMPLE}")
    if kernel % 2 == 0:
        raise DittosimError(f"--layer {text}: kernel {kernel} must be odd, such as 1 or 3")
    shape = LayerShape(
        height=height,
        width=width,
        channels=channels,
        columns=columns,
        kernel=kernel,
        padding=kernel // 2,
    )
    if shape.k > LARGEST_K:
        raise DittosimError(
            f"--layer {text}: sums over {shape.k} elements leave int32; at most {LARGEST_K} fit"
        )
    return shape
