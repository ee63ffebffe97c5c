"""Numba, told where to keep what it compiled before it is imported."""

import os

from golden.compiled_loops import loops_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(loops_folder()))

from numba import njit, vectorize
from numba.cpython.unsafe.tuple import tuple_setitem

__all__ = ["engine", "njit", "tuple_setitem", "vectorize"]


def engine(function=None, *, inline: str = "never"):
    """Compiles a function that allocates nothing, of tuples of arrays that its caller holds.

    References to arrays are not counted, which in a tuple of many takes most of the time. That is
    Numba's option _nrt, which it uses for functions of its own.
    """
    compiled = njit(cache=True, nogil=True, inline=inline, _nrt=False)
    return compiled(function) if function else compiled
