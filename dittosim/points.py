"""Many runs of which each leaves a file; the same command goes on where it was interrupted."""

import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dittosim.console import progress
from dittosim.files import output_folder, write_whole
from dittosim.parallel import in_parallel
from golden.errors import DittosimError
from golden.files import holds


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


def run_points(
    kind: str,
    function: Callable[..., None],
    arguments: Mapping[Path, tuple[Any, ...]],
    jobs: int,
) -> None:
    """Calls ``function`` for each path that does not exist yet, which it must write whole.

    The path is the last argument. Exits with 130 if interrupted.
    """
    missing = [(*each, path) for path, each in arguments.items() if not path.exists()]
    try:
        with progress() as bar:
            done = len(arguments) - len(missing)
            task = bar.add_task(kind, total=len(arguments), completed=done)
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
        for folder in {path.parent for path in arguments}:  # of workers that were killed
            for part in folder.glob("*.part"):
                part.unlink(missing_ok=True)
