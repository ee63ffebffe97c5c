import json
import random
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dittosim.origin import METADATA
from dittosim.report.results import load_results
from dittosim.sweeps.store import VERSION
from golden.errors import DittosimError
from tests.helpers.sweep_results import ABOUT, sweep_points, write_results


def refusal(place: Path) -> str:
    with pytest.raises(DittosimError) as error:
        load_results(place)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_results(tmp_path / "sweep" / "results.parquet", sweep_points())


def test_a_folder_or_its_file(path: Path) -> None:
    for place in (path, path.parent):
        results = load_results(place)
        assert results.path == path
        pd.testing.assert_frame_equal(results.points, sweep_points(), check_dtype=False)
        assert results.about.version == VERSION
        assert results.about.space["conditions"] == ABOUT["space"]["conditions"]


@pytest.mark.parametrize(
    "metadata", [None, b"", b"{", b"[1]", b'{"settings": 3, "space": []}', b"\xff", b'"text"']
)
def test_a_file_that_says_nothing_of_its_points(path: Path, metadata: bytes | None) -> None:
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({METADATA: metadata} if metadata else {}), path)
    results = load_results(path)
    assert len(results.points) == 64
    assert results.about.version is None
    assert results.about.space == {}


def test_nothing_there(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "absent")
    assert "holds no results.parquet" in refusal(tmp_path)
    (tmp_path / "points").mkdir()
    assert "not done" in refusal(tmp_path)
    (tmp_path / "results.parquet").mkdir()
    assert "it is a folder" in refusal(tmp_path)


def test_no_points(path: Path) -> None:
    write_results(path, sweep_points().iloc[:0])
    assert "holds no points" in refusal(path)


def test_other_tables(path: Path) -> None:
    write_results(path, pd.DataFrame({"species": ["setosa"], "petal": [1.4]}), None)
    assert "no table of results" in refusal(path)
    write_results(path, pd.DataFrame({"cycles": ["many"]}), None)
    assert "no table of results" in refusal(path)
    old = json.loads(json.dumps(ABOUT).replace(VERSION, "0.0.1"))
    write_results(path, sweep_points().drop(columns="cycles"), old)
    assert "written by dittosim 0.0.1" in refusal(path)
    pq.write_table(pa.table([[1], [2]], names=["cycles", "cycles"]), path)
    assert "two columns of the same name" in refusal(path)


def test_other_files(path: Path) -> None:
    for content in (b"", b"PAR1", b"{}", b"\x89PNG\r\n", b"PAR1" + bytes(100) + b"PAR1"):
        path.write_bytes(content)
        assert str(path) in refusal(path)


def test_damage(path: Path) -> None:
    """Cut off or changed somewhere: one line, or points."""
    whole, drawn = path.read_bytes(), random.Random(1)
    for length in (4, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert str(path) in refusal(path)
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(drawn.randrange(1, 8)):
            data[drawn.randrange(len(data))] = drawn.randrange(256)
        path.write_bytes(data)
        try:
            load_results(path)
        except DittosimError as error:
            assert "\n" not in str(error)
