"""Reads files that others made: regular ones, of a sane size, or an error in one line.

A pipe would be waited for until its end, so it is refused as a device is.
"""

import json
import logging
import stat
import tomllib
from pathlib import Path
from typing import Any

from golden.errors import DittosimError

_log = logging.getLogger(__name__)

MAX_TEXT = 1 << 27
"""Bytes of a description; the largest known model's has a few million."""

LONGEST_REASON = 200
"""Characters of what a parser says that a message repeats."""


def check_regular(path: Path, what: str = "", cure: str = "") -> int:
    """The size of a file in bytes; DittosimError if it is none that can be read.

    ``what`` stands before the path in the message, ``cure`` after the reason.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise unreadable(path, reason or str(error), what, cure) from error
    if stat.S_ISDIR(status.st_mode):
        raise unreadable(path, "it is a folder", what, cure)
    if stat.S_ISFIFO(status.st_mode):
        raise unreadable(path, "it is a pipe, not a file", what, cure)
    if not stat.S_ISREG(status.st_mode):
        raise unreadable(path, "it is no regular file", what, cure)
    _log.info("reads %s, %s bytes", path, f"{status.st_size:,}")
    return status.st_size


def unreadable(path: Path, reason: str, what: str = "", cure: str = "") -> DittosimError:
    """The error that says so, by the first line of ``reason``."""
    reason = reason.strip().splitlines()[0][:LONGEST_REASON] if reason.strip() else "it is damaged"
    return DittosimError(
        f"cannot read {what}{' ' if what else ''}{path}: {reason}{'; ' if cure else ''}{cure}"
    )


def read_text(path: Path, what: str = "", cure: str = "") -> str:
    """A text file's content; DittosimError naming it and what is wrong."""
    size = check_regular(path, what, cure)
    if size > MAX_TEXT:
        raise unreadable(path, f"{size:,} bytes are no description of anything", what, cure)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise unreadable(path, "it is not UTF-8 text", what, cure) from error
    except OSError as error:
        raise unreadable(path, error.strerror or str(error), what, cure) from error


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; DittosimError if it is none.

    Infinity and NaN are taken, as Python writes them: it is for the fields to refuse them.
    """
    text = read_text(path)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DittosimError(f"{path}: not valid JSON: {error}; restore the file") from error
    if not isinstance(found, dict):
        raise DittosimError(f"{path}: holds no JSON object; restore the file")
    return found


def read_toml(path: Path, what: str = "", cure: str = "") -> dict[str, Any]:
    """The content of a TOML file; DittosimError naming the file and what is wrong in it."""
    return parse_toml(read_text(path, what, cure), str(path))


def parse_toml(text: str, source: str) -> dict[str, Any]:
    """The content of TOML ``text``; ``source`` names it in errors (DittosimError)."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DittosimError(f"{source}: not valid TOML: {error}") from error
