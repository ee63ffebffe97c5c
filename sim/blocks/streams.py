"""When a consumer is ready: the one thing that cycle models need to know of a stalling stream."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ReadyPattern:
    """The cycles in which a stream's consumer is ready; from the last one given on, it always is.

    Time in the pattern is counted in ready cycles, so that "n transfers later" is an addition.
    """

    ready: np.ndarray
    """bool (cycles,)"""

    @classmethod
    def always(cls) -> "ReadyPattern":
        """A consumer that never stalls."""
        return cls(np.zeros(0, bool))

    def nth(self, cycle: int, n: int = 1) -> int:
        """The n-th ready cycle that is not before ``cycle``."""
        within = np.flatnonzero(self.ready[cycle:])
        if n <= len(within):
            return cycle + int(within[n - 1])
        return max(cycle, len(self.ready)) + n - len(within) - 1
