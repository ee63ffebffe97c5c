"""Random tensors in random integer formats, for Hypothesis."""

import numpy as np
from hypothesis import strategies as st

from golden.formats.quantization import TensorFormat

LEAST_SCALE, LARGEST_SCALE = 2.0**-99, 2.0**99

scales = st.one_of(
    st.floats(2.0**-12, 2.0**4),
    st.sampled_from([2.0**-8, 0.25, 1.0]),
    st.floats(-99, 99).map(lambda power: 2.0**power),
)
"""Usual ones, those of exact ratios, and all that a format takes (nearly)."""


@st.composite
def formats(draw: st.DrawFn, *bits: int, scale: st.SearchStrategy = scales) -> TensorFormat:
    """A format of one of ``bits``, 8 or 16 if there are none."""
    width = draw(st.sampled_from(bits or (8, 16)))
    zero_points = st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1)
    return TensorFormat(bits=width, scale=draw(scale), zero_point=draw(st.just(0) | zero_points))


@st.composite
def tensors(draw: st.DrawFn, form: TensorFormat, *shape: int) -> np.ndarray:
    """Integers in a format: all extremes, all the same, or all sorts."""
    size = int(np.prod(shape))
    some = st.integers(form.low, form.high)
    extremes = st.sampled_from([form.low, form.high])
    elements = draw(st.sampled_from([some, extremes, some | extremes, st.just(draw(extremes))]))
    values = draw(st.lists(elements, min_size=size, max_size=size))
    return np.array(values, form.dtype).reshape(shape)
