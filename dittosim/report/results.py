"""Results of ``dittosim sweep`` or ``dittosim designs``, as their Parquet files hold them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dittosim.origin import METADATA
from dittosim.sweeps.store import POINTS, RESULTS
from golden.errors import DittosimError
from golden.reading import check_regular, unreadable

WHAT = "results"
CURE = "name a folder of dittosim sweep or designs, or its results.parquet"
CYCLES = "cycles"
"""The column that all results have"""


@dataclass(frozen=True)
class About:
    """What a file says of its points: nothing, where it says nothing that can be read."""

    settings: Mapping[str, Any]
    versions: Mapping[str, Any]
    space: Mapping[str, Any]

    @property
    def version(self) -> str | None:
        """Of the dittosim that computed them."""
        told = self.settings.get("dittosim")
        return told if isinstance(told, str) else None


@dataclass(frozen=True)
class Results:
    """A row for each point."""

    path: Path
    points: pd.DataFrame
    about: About


def load_results(place: Path) -> Results:
    """The results in a file, or in a folder's ``results.parquet``.

    DittosimError if there are none, they are damaged, or the file is one of something else.
    """
    path = _file(place)
    check_regular(path, WHAT, CURE)
    try:
        table = pq.ParquetFile(path).read()
        metadata = table.schema.metadata or {}
        points = table.to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unreadable(path, str(error), WHAT, CURE) from error
    about = _about(metadata.get(METADATA))
    _check(path, points, about)
    return Results(path, points, about)


def _file(place: Path) -> Path:
    if not place.is_dir():
        return place
    path = place / RESULTS
    if not path.exists():
        if (place / POINTS).is_dir():
            raise DittosimError(
                f"{place} holds a sweep that is not done: the same dittosim sweep command does the "
                "rest"
            )
        raise DittosimError(f"{place} holds no {RESULTS}: {CURE}")
    return path


def _check(path: Path, points: pd.DataFrame, about: About) -> None:
    of = f"written by dittosim {about.version}, " if about.version else ""
    if points.columns.has_duplicates:
        raise DittosimError(f"{path}: {of}has two columns of the same name; {CURE}")
    if CYCLES not in points or not pd.api.types.is_numeric_dtype(points[CYCLES]):
        raise DittosimError(
            f"{path}: {of}is no table of results, without numbers '{CYCLES}'; {CURE}"
        )
    if points.empty:
        raise DittosimError(f"{path}: {of}holds no points: there is nothing to report")


def _about(text: bytes | None) -> About:
    try:
        told = json.loads(text or b"{}")
    except ValueError:
        told = {}
    values = told if isinstance(told, dict) else {}

    def part(name: str) -> dict[str, Any]:
        return values[name] if isinstance(values.get(name), dict) else {}

    return About(part("settings"), part("versions"), part("space"))
