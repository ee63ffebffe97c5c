"""Reads the files that describe something: workloads and traces in JSON, trainings in TOML."""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from golden import reading
from golden.wording import validated

Description = TypeVar("Description", bound=BaseModel)


def read_description(path: Path, kind: type[Description]) -> Description:
    """What is in a JSON file; DittosimError naming the file and what is wrong in it."""
    return validated(kind, reading.read_json(path), path)


def read_toml(path: Path, kind: type[Description]) -> Description:
    """What is in a TOML file; DittosimError naming the file and what is wrong in it."""
    return validated(kind, reading.read_toml(path), path)
