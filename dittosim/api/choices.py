"""Choices by name: a wrong one is an error in one line."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from golden.errors import DittosimError

Choice = TypeVar("Choice", bound=StrEnum)


def chosen(kind: type[Choice], name: str, what: str) -> Choice:
    """The choice of that name; DittosimError if there is none."""
    try:
        return kind(name)
    except ValueError as error:
        raise DittosimError(f"no {what} '{name}': choose among {', '.join(kind)}") from error


def each_chosen(kind: type[Choice], names: str | Iterable[str], what: str) -> list[Choice]:
    """Those of all names, each once; one name may stand alone."""
    given = [names] if isinstance(names, str) else list(names)
    found = list(dict.fromkeys(chosen(kind, name, what) for name in given))
    if not found:
        raise DittosimError(f"no {what} is named: choose among {', '.join(kind)}")
    return found
