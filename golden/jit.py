"""Numba, told where to keep what it compiled before it is imported."""

import os

from golden.cache import cache_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder() / "numba"))

from numba import njit, vectorize
from numba.cpython.unsafe.tuple import tuple_setitem

__all__ = ["njit", "tuple_setitem", "vectorize"]
