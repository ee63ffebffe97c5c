"""Many runs of which each leaves a file; the same command goes on where it was interrupted."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import psutil
from pydantic import BaseModel, ConfigDict

from dittosim.console import progress
from dittosim.files import output_folder, write_whole
from dittosim.parallel import in_parallel
from golden.errors import DittosimError
from golden.files import holds
from golden.workload.description import read_description


class Point(BaseModel):
    """What the file of a point holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    """Of all that it was computed from; the name of its file"""


P = TypeVar("P", bound=Point)


def points_folder(
    folder: Path, kind: str, settings: str, *results: str, force: bool = False
) -> Path:
    """The folder for the points of a ``kind`` of work, in ``folder``.

    DittosimError if it holds points of other ``settings``, which are those that all points share,
    or ``results`` of other work. With ``force`` all points are computed again.
    """
    points = folder / "points"
    text = f"{version('dittosim')} {settings}\n"
    marker = points / "settings.txt"
    if marker.exists() and not holds(marker, text) and not force:
        raise DittosimError(
            f"{folder} holds a {kind} with other settings ({marker}); choose another folder with "
            "-o, or begin anew with --force"
        )
    output_folder(folder, *results, force=force or marker.exists())
    output_folder(points)
    if force:
        for point in points.glob("*.json"):
            point.unlink()
    write_whole(marker, text)
    return points


def write_point(path: Path, point: Point) -> None:
    """Writes a point, all of it or nothing."""
    write_whole(path, json.dumps(point.model_dump()) + "\n")


def run_points(
    kind: str,
    function: Callable[..., None],
    arguments: Mapping[Path, tuple[Any, ...]],
    jobs: int,
    model: type[P],
) -> list[P]:
    """The points in the files, which ``function`` writes where they do not exist or are damaged.

    The path is the last of its arguments; what it writes is a ``model``. Exits with 130 if
    interrupted.
    """
    found = _finished(arguments, model)
    missing = [(*each, path) for path, each in arguments.items() if path not in found]
    try:
        with progress() as bar:
            task = bar.add_task(kind, total=len(arguments), completed=len(found))
            for _ in in_parallel(jobs, function, missing, ordered=False):
                bar.advance(task)
    except KeyboardInterrupt:
        done = sum(path.exists() for path in arguments)
        print(
            f"interrupted: {done} of {len(arguments)} points are done; the same command does the "
            "rest",
            file=sys.stderr,
        )
        sys.exit(130)
    finally:
        for folder in {path.parent for path in arguments}:
            _remove_parts(folder)
    return [found.get(path) or _read(path, model) for path in arguments]


def _remove_parts(folder: Path) -> None:
    """Removes what workers that were killed have left; not what another command is writing."""
    for part in folder.glob("*.part"):
        *_, writer, _ = part.name.split(".")
        if not (writer.isdigit() and _is_another(int(writer))):
            part.unlink(missing_ok=True)


def _is_another(pid: int) -> bool:
    """Whether a process is alive that is neither this one nor a worker of it."""
    if pid == os.getpid():
        return False
    try:
        return psutil.Process(pid).ppid() != os.getpid()
    except psutil.NoSuchProcess:
        return False


def _finished(paths: Iterable[Path], model: type[P]) -> dict[Path, P]:
    """The points that are there; what is none is removed, and said."""
    found, damaged = {}, []
    for path in paths:
        if path.exists():
            try:
                found[path] = _read(path, model)
            except DittosimError as error:
                damaged.append(str(error))
                path.unlink()
    if damaged:
        others = f" ({len(damaged)} such points)" if len(damaged) > 1 else ""
        print(f"not a whole point, computed again: {damaged[0]}{others}", file=sys.stderr)
    return found


def _read(path: Path, model: type[P]) -> P:
    """DittosimError if the file does not hold that very point."""
    point = read_description(path, model)
    if point.key != path.stem:
        raise DittosimError(f"{path}: holds point {point.key}")
    return point
