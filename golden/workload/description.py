"""Reads the files that describe something: workloads and traces in JSON, trainings in TOML."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from golden.errors import DittosimError
from golden.machine.config import describe

Description = TypeVar("Description", bound=BaseModel)


def read_description(path: Path, kind: type[Description]) -> Description:
    """What is in a JSON file; DittosimError naming the file and what is wrong in it."""
    try:
        return kind.model_validate_json(_text(path))
    except ValidationError as error:
        raise DittosimError(f"{path}: {describe(error, kind)}") from error


def read_toml(path: Path, kind: type[Description]) -> Description:
    """What is in a TOML file; DittosimError naming the file and what is wrong in it."""
    try:
        return kind.model_validate(tomllib.loads(_text(path)))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise DittosimError(f"{path}: not valid TOML: {error}") from error
    except ValidationError as error:
        raise DittosimError(f"{path}: {describe(error, kind)}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise DittosimError(f"cannot read {path}: {error}") from error
