"""Matplotlib, told where to keep its list of fonts before it is imported.

Figures are drawn without pyplot, whose backend is the user's affair.
"""

import io
import os

from golden.cache import cache_folder

os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))

import matplotlib as mpl
from matplotlib import figure as figures
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize

__all__ = ["Axes", "Figure", "ListedColormap", "LogNorm", "Normalize", "mpl"]


class Figure(figures.Figure):
    """A figure that shows itself in a notebook."""

    def png(self) -> bytes:
        """It as PNG, the same to the byte from run to run."""
        buffer = io.BytesIO()
        self.savefig(
            buffer, format="png", dpi=120, bbox_inches="tight", metadata={"Software": None}
        )
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()
