"""Energies per event from those of many windows."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.optimize import nnls

from dittosim.energy.events import EVENTS, events_of

_TILE = (
    *("pe", "column", "weight_bank", "accumulator", "accumulator_control", "encoder"),
    *(
        "lane_fifo",
        "dense_lanes",
        "tile",
        "tile_row",
        "feeder",
        "array",
        "input_buffer",
        "result_bank",
    ),
)
_WRITES = ("words results", "words vector written", "words previous", "words output")
_CAUSES = {
    "array": (("slots", "beats", "rows", "words weights", "words inputs", "words ref"), _TILE),
    "vector unit": (("vector compute", "words vector"), ("vector_",)),
    "output stage": (("words vector", "words output"), ("output_",)),
    "writes": (_WRITES, ("store", "axi_writer", "write_port")),
}
"""Of groups of modules, what events take energy in them, and the beginnings of their names; in all
others every bus word may"""


def causes(module: str) -> list[str]:
    """Events that may take energy in a module."""
    if module in _TILE:
        return events_of(EVENTS, *_CAUSES["array"][0], *_WRITES)
    for prefixes, names in _CAUSES.values():
        if module.startswith(names):
            return events_of(EVENTS, *prefixes)
    return events_of(EVENTS, "words", "vector compute")


def fitted(
    energies: np.ndarray, cycles: np.ndarray, events: Mapping[str, np.ndarray], names: Sequence[str]
) -> tuple[float, dict[str, float]]:
    """Picojoules in every cycle, and more for each event of ``names``; none is negative.

    Least squares over windows: ``energies`` pJ, ``cycles`` and each of ``events`` are float64
    (windows,). Events that no window has are left out.
    """
    seen = [name for name in names if events[name].any()]
    features = np.stack([cycles, *(events[name] for name in seen)], axis=1).astype(float)
    scale = features.max(axis=0)
    found, _ = nnls(features / scale, energies)
    idle, *each = (found / scale).tolist()
    return idle, {name: value for name, value in zip(seen, each, strict=True) if value > 0}
