"""Finds the file that tells a model's noise schedule, wherever a download has put it.

Any JSON file counts whose class is a scheduler's: in the folder given, in the model's, in the
pipeline's around it, and in the folders of schedulers in those.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from dittosim.importing.checkpoint import (
    MODEL_FOLDERS,
    PIPELINE_FILE,
    SCHEDULER_FILE,
    model_folder,
)
from dittosim.importing.flow_schedule import FlowSchedule
from dittosim.importing.scheduler import DDPM_SCHEDULE, SUFFIX, read_schedule
from golden.denoising.diffusion import Schedule
from golden.errors import DittosimError
from golden.reading import read_json

DEFAULT = "default"
"""What asks for DDPM's schedule where no file tells one."""
WORD = "scheduler"
"""In the names of folders and files of schedulers."""


Kind = TypeVar("Kind", Schedule, Schedule | FlowSchedule)


@dataclass(frozen=True)
class FoundSchedule(Generic[Kind]):
    """A schedule and where it comes from."""

    schedule: Kind
    file: Path | None
    """None if it is the default, which was asked for"""

    @property
    def source(self) -> str:
        """Where it comes from, in words."""
        return str(self.file) if self.file else f"{_of(self.schedule)}'s default"

    def check_steps(self, steps: int) -> None:
        """DittosimError if there are more than the schedule has times."""
        try:
            self.schedule.check_steps(steps)
        except ValueError as error:
            raise DittosimError(f"{self.source}: {error}") from error


def find_schedule(folder: Path, asked: str | None = None) -> FoundSchedule[Schedule]:
    """The noise schedule of the model or pipeline in ``folder``, as :func:`choose_schedule`."""
    return choose_schedule(folder, asked, read_schedule, DDPM_SCHEDULE)


def choose_schedule(
    folder: Path, asked: str | None, read: Callable[[Path], Kind], default: Kind
) -> FoundSchedule[Kind]:
    """The schedule of the model or pipeline in ``folder``, by ``read`` of its file.

    ``asked`` is a file to take instead, or :data:`DEFAULT` for ``default``. Raises DittosimError if
    no file tells one, if files contradict each other, or for what ``read`` does not know.
    """
    if asked not in (None, DEFAULT):
        return FoundSchedule(read(Path(asked)), Path(asked))
    files = scheduler_files(folder)
    if not files:
        _check_untold(folder)
        if asked is None:
            raise DittosimError(
                f"{folder}: no {SCHEDULER_FILE} tells the noise schedule: give one with "
                f"--schedule F, or ask for {_of(default)}'s with --schedule {DEFAULT}"
            )
        return FoundSchedule(default, None)
    if asked == DEFAULT:
        raise DittosimError(f"{files[0]} tells the noise schedule: leave out --schedule {DEFAULT}")
    first, *others = ((file, read(file)) for file in files)
    for file, schedule in others:
        if schedule != first[1]:
            raise DittosimError(
                f"{first[0]} and {file} tell different noise schedules "
                f"({_difference(first[1], schedule)}): choose one with --schedule"
            )
    _check_class(folder, first[0])
    return FoundSchedule(first[1], first[0])


def scheduler_files(folder: Path) -> list[Path]:
    """All files in reach that describe a scheduler, the likeliest first."""
    found: dict[Path, Path] = {}
    for place in _places(folder):
        for path in sorted(place.glob("*.json"), key=lambda path: path.name != SCHEDULER_FILE):
            if path.resolve() not in found and _is_scheduler(path):
                found[path.resolve()] = path
    return list(found.values())


def _places(folder: Path) -> Iterator[Path]:
    for root in _roots(folder):
        inner = (path for path in sorted(root.iterdir()) if WORD in path.name.lower())
        yield from (path for path in inner if path.is_dir())
        yield root


def _roots(folder: Path) -> list[Path]:
    """The folder given, the model's, and those around it that belong to it."""
    model = model_folder(folder)
    roots = [folder, model]
    # A link may lie in the pipeline, or its target may.
    for path in (model.absolute(), model.resolve()):
        if path.name in MODEL_FOLDERS:
            roots.append(path.parent)
        roots += [parent for parent in path.parents[:2] if (parent / PIPELINE_FILE).is_file()]
    return list({root.resolve(): root for root in roots}.values())


def _is_scheduler(path: Path) -> bool:
    """Whether a JSON file describes a scheduler; DittosimError if it should and is damaged."""
    named = WORD in path.name.lower() or WORD in path.parent.name.lower()
    try:
        kind: Any = read_json(path).get("_class_name")
    except DittosimError:
        if named:
            raise
        return False
    return path.name == SCHEDULER_FILE or (isinstance(kind, str) and kind.endswith(SUFFIX))


def _scheduler_class(folder: Path) -> tuple[str, Path] | None:
    """The class that the pipeline's index names, and the index; None if there is none."""
    for root in _roots(folder):
        path = root / PIPELINE_FILE
        if path.is_file():
            for name, entry in read_json(path).items():
                kind = entry[-1] if WORD in name and isinstance(entry, list) and entry else None
                if isinstance(kind, str):
                    return kind, path
    return None


def _check_untold(folder: Path) -> None:
    named = _scheduler_class(folder)
    if named:
        raise DittosimError(
            f"{named[1]} names a scheduler, {named[0]}, but no {SCHEDULER_FILE} is there: "
            "download it, too, or give it with --schedule F"
        )


def _check_class(folder: Path, file: Path) -> None:
    named, kind = _scheduler_class(folder), read_json(file).get("_class_name")
    if named and named[0] != kind:
        raise DittosimError(
            f"{named[1]} names the scheduler {named[0]}, but {file} is of {kind}: choose the file "
            "with --schedule F if it is the right one"
        )


def _of(default: Schedule | FlowSchedule) -> str:
    return "flow matching" if isinstance(default, FlowSchedule) else "DDPM"


def _difference(one: Schedule | FlowSchedule, other: Schedule | FlowSchedule) -> str:
    if type(one) is not type(other):
        return "of noise and of flow"
    for name, first in one:
        second = getattr(other, name)
        if first != second:
            return f"{name} {first} and {second}"
    return ""
