"""Fits the area model of :mod:`sim.tile.area` to modules mapped by Yosys.

``python -m bench.area``.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table

from dittosim.silicon.design import emitted, split
from dittosim.silicon.liberty import OSU018, parse_liberty, read_liberty_text
from dittosim.silicon.mapping import CELLS, Aim, map_module
from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from sim.tile.area import encoder_features, lane_fifo_features, pe_features

Features = Callable[[MachineConfig], Mapping[str, float]]

PE = [
    MachineConfig(lanes=lanes, encoding=encoding, rows_in_flight=rows, weight_depth=depth)
    for lanes in (2, 4, 8)
    for encoding in Encoding
    for rows in (1, 2)
    for depth in (64, 2048)
]
ENCODER = [
    MachineConfig(beat_elements=elements, encoding=encoding)
    for elements in (8, 16, 32, 64)
    for encoding in Encoding
]
LANE_FIFO = [
    MachineConfig(beat_elements=elements, fifo_depth=depth, encoding=encoding)
    for elements in (8, 16, 32)
    for depth in (2, 4, 8)
    for encoding in Encoding
]


def area_um2(top: str, config: MachineConfig) -> float:
    """Of one of these modules, mapped for area; it has no others in it."""
    text = read_liberty_text(OSU018)
    with tempfile.TemporaryDirectory(prefix="dittosim-area-") as place:
        folder = Path(place)
        (folder / CELLS).write_text(text)
        design = split(*emitted(top, config), folder)
        return map_module(design.top, Aim.AREA, parse_liberty(text, OSU018), folder).area_um2


def main() -> None:
    """Prints the coefficients and how far the fit is from the mapped modules."""
    table = Table("module", "coefficients, um2", "modules", "largest error, %", "mean error, %")
    fits: list[tuple[str, list[MachineConfig], Features]] = [
        ("pe", PE, pe_features),
        ("encoder", ENCODER, encoder_features),
        ("lane-fifo", LANE_FIFO, lane_fifo_features),
    ]
    for top, machines, features in fits:
        areas = np.array(Parallel(n_jobs=-1)(delayed(area_um2)(top, one) for one in machines))
        rows = [features(machine) for machine in machines]
        matrix = np.array([list(row.values()) for row in rows], float)
        # Relative errors count, so that small modules matter as much as large ones.
        fit, *_ = np.linalg.lstsq(matrix / areas[:, None], np.ones(len(areas)), rcond=None)
        errors = 100 * np.abs(matrix @ fit / areas - 1)
        coefficients = ", ".join(f"{n}: {v:.1f}" for n, v in zip(rows[0], fit, strict=True))
        table.add_row(
            top, coefficients, str(len(areas)), f"{errors.max():.1f}", f"{errors.mean():.1f}"
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
