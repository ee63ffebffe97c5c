"""Results such as ``dittosim sweep`` writes, without a sweep."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dittosim.origin import METADATA
from dittosim.sweeps.figures import FIGURES, Scope
from dittosim.sweeps.front import pareto_front
from dittosim.sweeps.space import Goal
from dittosim.sweeps.store import VERSION
from golden.machine.config import MachineConfig, load_config, make_config

GOALS = {"time_ms": Goal.MIN, "area_mm2": Goal.MIN, "energy_uj": Goal.MIN}
ABOUT = {
    "settings": {"format": 1, "dittosim": VERSION, "workloads": {"digits": "0123456789ab"}},
    "versions": {"python": "3.11.7", "numpy": "2.4.6"},
    "space": {
        "workload": ["digits", "faces"],
        "base": "small",
        "scope": "steps",
        "objectives": None,
        "conditions": ["lanes < 64"],
        "grid": {"lanes": [1, 2, 4, 8], "columns": {"first": 8, "to": 32, "step": 8}},
    },
}
"""What such a file says of its points"""
WORKLOADS = ("digits", "faces")


def machine(lanes: int, columns: int, dram: Any = None) -> MachineConfig:
    """One of the grid; ``small`` has 4 and 16."""
    fields = {**load_config("small").model_dump(), "lanes": lanes, "columns": columns}
    return make_config({**fields, "dram": dram}, "test")


def sweep_points(seed: int = 0, workloads: tuple[str, ...] = WORKLOADS) -> pd.DataFrame:
    """A row for each workload, flow and machine of a small grid; figures are drawn at random."""
    random = np.random.default_rng(seed)
    rows = []
    for workload in workloads:
        for flow in ("temporal", "defo"):
            for lanes in (1, 2, 4, 8):
                for columns in (8, 16, 24, 32):
                    made = machine(lanes, columns)
                    row = made.model_dump(mode="json", exclude={"dram"})
                    row |= {"hash": made.digest(), "workload": workload, "flow": flow}
                    row |= {"steps": 50, "images": 1, "seed": 0}
                    for name, kind in FIGURES[Scope.STEPS].items():
                        drawn = 10 * np.exp(random.normal())
                        row[name] = int(1e6 * drawn) if kind is int else drawn
                    rows.append({"point": random.bytes(8).hex(), **row})
    points = pd.DataFrame(rows)
    points["pareto"] = pareto_front(points, GOALS)
    return points


def write_results(
    path: Path, points: pd.DataFrame, about: Mapping[str, Any] | None = ABOUT
) -> Path:
    """The file, in a folder that is made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(points, preserve_index=False)
    metadata = {METADATA: json.dumps(about)} if about is not None else {}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path
