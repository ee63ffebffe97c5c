import base64
import json
import zlib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dittosim.report.packing import Block
from golden.machine.config import MachineConfig


def packed(column: pd.Series) -> tuple[dict[str, Any], bytes]:
    block = Block()
    block.add(pd.Series([1, 2, 3], name="before"))  # so that offsets are not all zero
    about = block.add(column)
    return about, zlib.decompress(block.packed())


def array(data: bytes, place: dict[str, Any]) -> np.ndarray:
    kind = np.dtype(f"<{place['type']}")
    assert place["at"] % 8 == 0
    return np.frombuffer(data, kind, place["length"], place["at"])


def texts(data: bytes, place: dict[str, Any]) -> list[Any]:
    return json.loads(data[place["at"] : place["at"] + place["length"]])


def unpacked(column: pd.Series) -> list[Any]:
    """As a page reads it."""
    about, data = packed(column)
    number = about["kind"] == "number"
    values = array(data, about["values"]) if number else texts(data, about["values"])
    if "codes" not in about:
        return list(values)
    return [values[code] for code in array(data, about["codes"])]


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 1, 1, 1, 1, 1, 1],
        [3.5, float("nan"), -0.0, float("inf"), 1e300],
        list(range(70_000)),
        [2**53, -1] * 10,
        [7] * 300,
        list(range(300)) * 4,
        [True, False, True],
        ["a", "", "</script>", "é😀\x00\u2028", "a"],
        ["a", None, "b"],
        [None, None],
    ],
    ids=lambda values: str(values)[:30],
)
def test_round_trip(values: list[Any]) -> None:
    column = pd.Series(values, name="figure")
    found = unpacked(column)
    expected = [("yes" if v else "no") if isinstance(v, bool) else v for v in values]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, float) and np.isnan(other):
            assert np.isnan(one)
        else:
            assert one == other


def test_numbers_of_which_some_are_absent() -> None:
    found = unpacked(pd.Series([1, None, 3], dtype="Int64", name="figure"))
    assert found[::2] == [1, 3]
    assert np.isnan(found[1])


def test_tables_in_cells_are_json() -> None:
    values = [{"standard": "hbm2", "channels": None}, [1, 2], np.array([3])]
    found = unpacked(pd.Series(values, dtype=object, name="dram"))
    assert found == ['{"standard": "hbm2"}', "[1, 2]", "[3]"]


def test_codes_are_as_narrow_as_they_can_be() -> None:
    for count, kind in ((256, "u1"), (257, "u2"), (65_536, "u2"), (65_537, "u4")):
        about, _ = packed(pd.Series([str(number) for number in range(count)], name="point"))
        assert about["codes"]["type"] == kind


def test_fields_have_a_line_for_each_value() -> None:
    about, data = packed(pd.Series([8, 4, 8], name="lanes"))
    assert dict(zip(array(data, about["values"]), texts(data, about["lines"]), strict=True)) == {
        4: "",
        8: "lanes = 8",
    }
    assert about["meaning"] == MachineConfig.model_fields["lanes"].description
    assert "lines" not in packed(pd.Series([8, 4], name="cycles"))[0]


def test_a_block_is_the_same_from_run_to_run() -> None:
    blocks = [Block(), Block()]
    for block in blocks:
        block.add(pd.Series(["b", "a", "b"], name="flow"))
    assert base64.b64encode(blocks[0].packed()) == base64.b64encode(blocks[1].packed())
