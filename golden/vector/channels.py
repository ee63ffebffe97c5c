"""Parameters of channels, as a vector layer loads them."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from golden.errors import DittosimError
from golden.integer.normalization import BIAS_FRACTION_BITS, MAX_AFFINE_SHIFT


@dataclass(frozen=True)
class Channels:
    """One entry per channel, all int64 (channels,): see golden.vector.descriptor.Parameters."""

    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray
    group: np.ndarray

    @classmethod
    def of(cls, words: np.ndarray) -> Self:
        """From their uint64 words."""
        signed = words.view("<i8").astype(np.int64)
        return cls(
            bias=signed << 32 >> 32,
            multiplier=signed << 15 >> 47,
            shift=signed >> 49 & 0x3F,
            group=signed >> 55 & 0x1FF,
        )

    def for_scale(self) -> Self:
        """Itself, with shifts that a requantization takes (DittosimError)."""
        return self._with_shifts(1, 63, self.multiplier != 0)

    def for_normalization(self) -> Self:
        """Itself, with shifts that a normalization takes (DittosimError)."""
        used = (self.multiplier != 0) | (self.bias != 0)
        return self._with_shifts(BIAS_FRACTION_BITS, MAX_AFFINE_SHIFT, used)

    def _with_shifts(self, least: int, most: int, used: np.ndarray) -> Self:
        """Channels that are not ``used`` give 0 with any shift, so theirs may be any."""
        wrong = np.flatnonzero(used & ((self.shift < least) | (self.shift > most)))
        if len(wrong):
            raise DittosimError(
                f"vector layer: shift = {self.shift[wrong[0]]} of channel {wrong[0]}: must be "
                f"{least} to {most}"
            )
        return type(self)(self.bias, self.multiplier, np.clip(self.shift, least, most), self.group)

    def runs(self) -> tuple[np.ndarray, np.ndarray]:
        """First channels of the groups of channels, and which group each channel is in."""
        begins = np.diff(self.group, prepend=-1) != 0
        return np.flatnonzero(begins), np.cumsum(begins) - 1
