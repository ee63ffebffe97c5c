"""Cycles that are none."""

import numpy as np

LONG_AGO = -(1 << 40)
"""A cycle before all others."""
UNKNOWN = np.int64(1 << 60)
"""A cycle that depends on what has not happened yet."""
