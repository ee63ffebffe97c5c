"""Matplotlib, told where to keep its list of fonts before it is imported."""

import os

from golden.cache import cache_folder

os.environ.setdefault("MPLCONFIGDIR", str(cache_folder() / "matplotlib"))

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.figure import Figure

__all__ = ["Axes", "Figure", "ListedColormap", "LogNorm", "Normalize", "mpl"]
