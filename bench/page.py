"""A page whose end is made by a command."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from golden.files import write_whole


@contextmanager
def marked(page: Path, module: str, files: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Takes what is to stand below the marker, and writes the page at the end."""
    marker = f"<!-- made by python -m {module}: what is below is written over -->\n"
    head, found, _ = page.read_text().partition(marker)
    if not found or not files:
        raise SystemExit(f"error: name Liberty files; {page} must have the line {marker}")
    parts: list[str] = []
    yield parts.append
    write_whole(page, head + marker + "".join(parts))
