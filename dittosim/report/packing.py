"""Columns as typed arrays in one block of bytes, for a page that reads them as they are.

A column of few values is a dictionary and a code for each row. Numbers are float64, little-endian,
absent ones NaN; texts are JSON, absent ones null.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dittosim.report.fields import Kind, kind_of, meaning_of
from dittosim.report.toml_lines import toml_line

ALIGNMENT = 8
"""Bytes at whose multiples arrays begin"""
LEVEL = 1
"""Of zlib: figures have random digits, which more work makes 3 % smaller"""
TYPES = {"u1": 1 << 8, "u2": 1 << 16, "u4": 1 << 32}
"""Of codes, and how many they tell apart"""


class Block:
    """Bytes of all columns."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, column: pd.Series) -> dict[str, Any]:
        """Packs a column; returns what it is and where its arrays are."""
        name = str(column.name)
        about: dict[str, Any] = {
            "name": name,
            "group": kind_of(name).value,
            "meaning": meaning_of(name),
        }
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            numbers = column.to_numpy(np.float64, na_value=np.nan)
            return {**about, "kind": "number", **self._numbers(name, numbers)}
        texts = [_text(value) for value in column.tolist()]
        places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        codes, values = np.array([places[text] for text in texts]), list(places)
        return {
            **about,
            "kind": "text",
            "codes": self._codes(codes, len(values)),
            "values": self._json(values),
            **self._lines(name, values),
        }

    def packed(self) -> bytes:
        """All of it, by zlib."""
        return zlib.compress(b"".join(self._parts), LEVEL)

    def _numbers(self, name: str, numbers: np.ndarray) -> dict[str, Any]:
        codes, values = pd.factorize(numbers, sort=True, use_na_sentinel=False)
        if 4 * len(values) > len(numbers) and kind_of(name) not in (Kind.RUN, Kind.MACHINE):
            return {"values": self._array(numbers, "f8")}
        return {
            "codes": self._codes(codes, len(values)),
            "values": self._array(values, "f8"),
            **self._lines(name, values.tolist()),
        }

    def _lines(self, name: str, values: list[Any]) -> dict[str, Any]:
        if kind_of(name) is not Kind.MACHINE:
            return {}
        return {"lines": self._json([toml_line(name, value) for value in values])}

    def _codes(self, codes: np.ndarray, count: int) -> dict[str, Any]:
        return self._array(codes, next(kind for kind, most in TYPES.items() if count <= most))

    def _array(self, values: np.ndarray, kind: str) -> dict[str, Any]:
        return {"type": kind, **self._place(values.astype(f"<{kind}").tobytes(), len(values))}

    def _json(self, values: list[Any]) -> dict[str, Any]:
        data = json.dumps(values).encode()
        return self._place(data, len(data))

    def _place(self, data: bytes, length: int) -> dict[str, Any]:
        at = self._size
        padded = data + bytes(-len(data) % ALIGNMENT)
        self._parts.append(padded)
        self._size += len(padded)
        return {"at": at, "length": length}


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        value = {key: each for key, each in value.items() if each is not None}
    if isinstance(value, Mapping | list | np.ndarray):
        return json.dumps(value, default=_plain)
    return str(value)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else str(value)
