"""Points on disk: whole ones are taken, others computed again."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dittosim.commands.compare import TrainedPoint
from dittosim.points import Point, run_points, write_point
from golden.errors import DittosimError

TRAINED = TrainedPoint(
    key="0123",
    variant="reprune",
    sparsity=0.5,
    seed=1,
    measure="Frechet distance",
    score=None,
    loss=float("nan"),
    macs=1,
    parameters=2,
    macs_before=3,
    coverage=None,
    kept={"conv": 7},
)
POINTS = pytest.mark.parametrize("point", [TRAINED], ids=["compare"])


def run(folder: Path, point: Point, written: list[Path]) -> list[Point]:
    def function(path: Path) -> None:
        written.append(path)
        write_point(path, point)

    return run_points("x", function, {folder / f"{point.key}.json": ()}, 1, type(point))


def text_of(folder: Path, point: Point) -> str:
    write_point(folder / "a.json", point)
    text = (folder / "a.json").read_text()
    (folder / "a.json").unlink()
    return text


@POINTS
def test_whole_points_are_not_computed_again(tmp_path, capsys, point) -> None:
    written: list[Path] = []
    first, second = run(tmp_path, point, written), run(tmp_path, point, written)
    assert len(written) == 1
    for found in (first, second):
        assert str(found) == str([point])  # as text: a loss of NaN is not equal to itself
    assert capsys.readouterr().err == ""


@POINTS
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"{}",
        lambda _: b"{",
        lambda _: b"",
        lambda _: b"null",
        lambda _: b"[]",
        lambda _: b"\xff\xfe",
        lambda text: bytes(len(text)),
        lambda text: text.encode()[: len(text) // 2],
        lambda text: text.replace('"seed":', '"sead":').encode(),
        lambda text: text.replace('"seed": ', '"seed": "many').encode(),
    ],
    ids=["object", "brace", "empty", "null", "list", "bytes", "zeros", "half", "field", "value"],
)
def test_damaged_points_are_computed_again(tmp_path, capsys, point, damage) -> None:
    path = tmp_path / f"{point.key}.json"
    path.write_bytes(damage(text_of(tmp_path, point)))
    written: list[Path] = []
    assert str(run(tmp_path, point, written)) == str([point])
    assert written == [path]
    err = capsys.readouterr().err
    assert err.startswith("not a whole point, computed again: ")
    assert str(path) in err
    assert len(err.splitlines()) == 1
    assert path.read_text() == text_of(tmp_path, point)


@POINTS
def test_every_field_is_needed(tmp_path, point) -> None:
    for name in type(point).model_fields:
        path = tmp_path / f"{point.key}.json"
        write_point(path, point)
        fields = json.loads(path.read_text())
        del fields[name]
        path.write_text(json.dumps(fields))
        written: list[Path] = []
        run(tmp_path, point, written)
        assert written, name


def test_a_point_under_another_name_is_computed_again(tmp_path, capsys) -> None:
    (tmp_path / "0123.json").write_text(text_of(tmp_path, TRAINED))
    (tmp_path / "0123.json").rename(tmp_path / "4567.json")
    other = TRAINED.model_copy(update={"key": "4567"})
    written: list[Path] = []
    run(tmp_path, other, written)
    assert written
    assert "4567.json: holds point 0123" in capsys.readouterr().err


def test_what_another_command_writes_is_left_alone(tmp_path) -> None:
    """Two sweeps in one folder: neither takes away what the other is about to finish."""
    others = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    # Started by a process of its own, as another command is.
    another = tmp_path / f"9.json.{os.getppid()}.part"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ours = [tmp_path / f"{n}.json.{pid}.part" for n, pid in enumerate((others.pid, gone.pid))]
    for path in (another, *ours, tmp_path / "x.part"):
        path.touch()
    run(tmp_path, TRAINED, [])
    others.communicate()
    assert [path.name for path in tmp_path.glob("*.part")] == [another.name]


def end_of_a_worker(_path: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_worker_is_said(tmp_path) -> None:
    paths = {tmp_path / f"{number}.json": () for number in range(2)}
    with pytest.raises(DittosimError, match="a worker process was killed"):
        run_points("x", end_of_a_worker, paths, 2, TrainedPoint)


def test_what_is_written_must_be_whole(tmp_path) -> None:
    paths = {tmp_path / "0123.json": ()}
    with pytest.raises(DittosimError, match="0123"):
        run_points("x", lambda path: path.write_text("{}"), paths, 1, TrainedPoint)
