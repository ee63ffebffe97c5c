"""Tutorials and how-to pages do what they say."""

from pathlib import Path

import pytest

from tests.helpers.command_line import REPOSITORY
from tests.helpers.page_steps import follow, steps_of

DOCS = REPOSITORY / "docs"
IN_C = DOCS / "howto" / "drive-from-c.md"
"""Its examples are compiled and run by tests/rtl/registers/test_driver.py"""
PAGES = sorted(
    {*DOCS.glob("tutorials/*.md"), *DOCS.glob("howto/*.md"), DOCS / "python.md"} - {IN_C}
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_does_what_it_says(page: Path, tmp_path: Path) -> None:
    commands, lines = follow(page, tmp_path)
    assert commands > 0
    assert lines > 0 or page.parent.name == "howto"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("```sh\nfalse\n```\n", "false"),
        ("```sh\necho one two\n```\n\n```text\ntwo one\n```\n", "not written: 'two one'"),
        ("```sh\nprintf 'a\\nb\\n'\n```\n\n```text\nb\na\n```\n", "not written: 'a'"),
        ("`a.txt`:\n\n```text\nb\n```\n\n```sh\ngrep c a.txt\n```\n", "grep c"),
    ],
)
def test_a_page_that_is_wrong_is_noticed(tmp_path: Path, text: str, error: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(AssertionError, match=error):
        follow(page, tmp_path)


def test_every_block_has_a_kind() -> None:
    """A block without one is no step."""
    for page in PAGES:
        assert page.read_text().count("```") == 2 * len(steps_of(page))
