"""Sets of bytes in memory, as intervals that neither touch nor overlap."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Intervals:
    """Bytes from each of ``starts`` up to, not including, its of ``ends``; both int64, rising."""

    starts: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, starts: np.ndarray | int, size: int) -> "Intervals":
        """``size`` bytes from each of ``starts`` on."""
        starts = np.atleast_1d(np.asarray(starts, np.int64)).reshape(-1)
        return cls(starts, starts + size)._merged() if size else NOTHING

    @classmethod
    def between(cls, starts: np.ndarray, ends: np.ndarray) -> "Intervals":
        """Bytes from each of ``starts`` up to its of ``ends``, in any order."""
        some = ends > starts
        return cls(starts[some], ends[some])._merged()

    @classmethod
    def union(cls, sets: Iterable["Intervals"]) -> "Intervals":
        """The bytes of all ``sets``."""
        sets = list(sets)
        if not sets:
            return NOTHING
        starts = np.concatenate([one.starts for one in sets])
        return cls(starts, np.concatenate([one.ends for one in sets]))._merged()

    def __or__(self, other: "Intervals") -> "Intervals":
        return Intervals.union((self, other))

    def key(self) -> tuple[bytes, bytes]:
        """Equal for equal sets."""
        return self.starts.tobytes(), self.ends.tobytes()

    def meets(self, other: "Intervals") -> bool:
        """Whether a byte is in both."""
        if not len(self.starts) or not len(other.starts):
            return False
        # Of the other's intervals that begin before one of these ends the last ends last.
        before = np.searchsorted(other.starts, self.ends, side="left")
        found = before > 0
        return bool(np.any(other.ends[before[found] - 1] > self.starts[found]))

    def _merged(self) -> "Intervals":
        if not len(self.starts):
            return self
        order = np.argsort(self.starts, kind="stable")
        starts, ends = self.starts[order], np.maximum.accumulate(self.ends[order])
        first = np.concatenate([[True], starts[1:] > ends[:-1]])
        last = np.concatenate([first[1:], [True]])
        return Intervals(starts[first], ends[last])


NOTHING = Intervals(np.empty(0, np.int64), np.empty(0, np.int64))
