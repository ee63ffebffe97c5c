"""Workloads: trained models that machines run."""

import os
from pathlib import Path

from golden.workload import workload as models
from golden.workload.workload import Workload

Source = str | Path | Workload
"""A shipped workload's name, the folder of one, or a loaded one"""


def workloads() -> dict[str, str]:
    """The workloads that come with dittosim: their names, and in a line what each is."""
    return {
        name: models.load_workload(name).description.summary for name in models.shipped_workloads()
    }


def load_workload(name_or_path: Source) -> Workload:
    """The shipped workload of that name, or the one in that folder.

    Raises DittosimError if there is none, or naming the file and what is wrong in it.
    """
    if isinstance(name_or_path, Workload):
        return name_or_path
    return models.load_workload(str(name_or_path))


def save_workload(
    folder: str | os.PathLike[str], workload: Workload, *, force: bool = False
) -> Path:
    """Writes a workload into a new folder, which commands take instead of a name; returns it.

    Raises DittosimError if the folder is there already and ``force`` is not given.
    """
    from dittosim.files import whole_folder

    with whole_folder(Path(folder), force=force) as part:
        models.save_workload(part, workload.description, workload.weights)
    return Path(folder)


def workload_place(workload: Source) -> str:
    """Where another process finds it: its name, or its folder."""
    return workload.name if isinstance(workload, Workload) else str(workload)
