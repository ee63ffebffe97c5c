"""Numba, told where to keep what it compiled before it is imported."""

import logging
import os

from golden.compiled_loops import loops_folder

os.environ.setdefault("NUMBA_CACHE_DIR", str(loops_folder()))

from numba import njit, vectorize
from numba.core import event
from numba.cpython.unsafe.tuple import tuple_setitem

__all__ = ["engine", "njit", "tuple_setitem", "vectorize"]

_log = logging.getLogger(__name__)


class _Told(event.Listener):
    """Says what is compiled: what is kept from earlier runs is not."""

    def on_start(self, found: event.Event) -> None:
        """A function, by itself or for one that calls it."""
        function = found.data["dispatcher"].py_func
        _log.info("compiles %s.%s", function.__module__, function.__qualname__)

    def on_end(self, found: event.Event) -> None:
        """The next line's time says when."""


event.register("numba:compile", _Told())


def engine(function=None, *, inline: str = "never"):
    """Compiles a function that allocates nothing, of tuples of arrays that its caller holds.

    References to arrays are not counted, which in a tuple of many takes most of the time. That is
    Numba's option _nrt, which it uses for functions of its own.
    """
    compiled = njit(cache=True, nogil=True, inline=inline, _nrt=False)
    return compiled(function) if function else compiled
