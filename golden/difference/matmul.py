"""The integer matrix product that the accelerator computes, in its three modes.

One operation serves all: ``accumulator = start + (rows - reference) @ weights``. The modes differ
in the reference and in the start:

============  ===============================  ========================================
mode          reference                        accumulator starts from
============  ===============================  ========================================
``ACT``       the zero point                   0
``TEMPORAL``  the previous step's rows         the previous step's accumulators
``SPATIAL``   the previous row of this step;   the previous row's accumulator; 0 before
              the zero point before the first  the first
============  ===============================  ========================================

The int32 accumulators of the three are equal bit for bit. Source: Ditto (HPCA 2025, algorithm:
``y = y' + W (x - x')``) for TEMPORAL; Diffy (MICRO 2018) for SPATIAL.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from golden.formats.encoding import MAX_DIFFERENCE, differences


class Mode(StrEnum):
    """What a row is differenced against."""

    ACT = "act"
    TEMPORAL = "temporal"
    SPATIAL = "spatial"


@dataclass(frozen=True)
class Product:
    """One operation of the array: rows, in some mode, times an operand that stands still."""

    rows: np.ndarray
    """int8 (count, rows, k)"""
    previous_rows: np.ndarray | None
    """What TEMPORAL refers to; None in the first step"""
    zero_point: int
    weights: np.ndarray
    """int8 (k, columns), or (count, k, columns)"""

    def reference(self, mode: Mode) -> np.ndarray:
        """int8 like ``rows``."""
        return reference_rows(mode, self.rows, self.zero_point, self.previous_rows)

    def differences(self, mode: Mode) -> np.ndarray:
        """``rows - reference``, int16."""
        return differences(self.rows, self.reference(mode))

    def sums(self, mode: Mode) -> np.ndarray:
        """What it adds to the accumulators of its start, int32 (count, rows, columns)."""
        # Through float32, in which BLAS takes them: int16 would cost a pass more.
        difference = np.subtract(self.rows, self.reference(mode), dtype=np.float32)
        product = exact_product(difference, self.weights)
        if mode is Mode.SPATIAL:
            return np.cumsum(product, axis=-2, dtype=np.int32)
        return product


def reference_rows(
    mode: Mode, rows: np.ndarray, zero_point: int, previous_rows: np.ndarray | None = None
) -> np.ndarray:
    """The reference of each row: int8, shaped like ``rows`` (..., rows, k).

    Leading axes are independent: SPATIAL begins anew in each. TEMPORAL without ``previous_rows``
    (the first step) refers to the zero point.
    """
    if mode is Mode.SPATIAL:
        first = np.full_like(rows[..., :1, :], zero_point)
        return np.concatenate([first, rows[..., :-1, :]], axis=-2)
    if mode is Mode.TEMPORAL and previous_rows is not None:
        return previous_rows
    return np.full_like(rows, zero_point)


def exact_product(difference: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """``difference @ weights`` exactly, int32 (..., rows, columns).

    ``difference`` holds integers of 9 bits (..., rows, k) in any dtype, ``weights`` int8 (..., k,
    columns). It runs on floating-point BLAS in the narrowest type that holds every possible
    partial sum. Raises OverflowError if the sums could leave int32.
    """
    magnitudes = np.abs(weights, dtype=np.int16).sum(axis=-2, dtype=np.int64)
    largest = int(magnitudes.max(initial=0)) * MAX_DIFFERENCE
    if largest > np.iinfo(np.int32).max:
        raise OverflowError(f"sums over {weights.shape[-2]} elements could leave int32")
    exact = np.float32 if largest < 2**24 else np.float64
    return (difference.astype(exact, copy=False) @ weights.astype(exact)).astype(np.int32)
