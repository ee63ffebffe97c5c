"""Numba, told where to keep what it compiled before it is imported."""

import os

from golden.compiled_loops import loops_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(loops_folder()))

from numba import njit, vectorize
from numba.core.cgutils import get_null_value
from numba.cpython.unsafe.tuple import tuple_setitem
from numba.extending import intrinsic

__all__ = ["get_null_value", "intrinsic", "njit", "tuple_setitem", "vectorize"]
