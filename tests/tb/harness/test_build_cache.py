import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from golden.errors import DittosimError
from tb.harness.build_cache import BUILT, limit, make_room, remove, stored_builds
from tb.harness.build_lock import alone_at_once, in_use
from tests.helpers.command_line import REPOSITORY

HOLDER = """
import sys, time
from pathlib import Path
from tb.harness.build_lock import in_use
with in_use(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with room for three of the four builds of 1 MB that were last used one by one."""
    monkeypatch.setenv("DITTOSIM_CACHE", str(tmp_path))
    monkeypatch.setenv("DITTOSIM_CACHE_LIMIT", "0.0035")
    for age in range(4):
        stored(tmp_path, age, f"{age:020x}")
    return tmp_path


def stored(cache: Path, age: int, key: str) -> Path:
    folder = cache / f"ditto_pe-verilator-{key}"
    folder.mkdir()
    (folder / "ditto_pe").write_bytes(bytes(1_000_000))
    (folder / BUILT).touch()
    os.utime(folder / BUILT, (time.time() - 100 * age,) * 2)
    return folder


def keys(cache: Path) -> list[int]:
    return sorted(int(path.name[-20:], 16) for path in cache.glob("*-verilator-*[0-9a-f]"))


def test_those_not_used_for_longest_make_room(cache: Path) -> None:
    make_room()
    assert keys(cache) == [0, 1, 2]
    os.utime(cache / f"ditto_pe-verilator-{2:020x}" / BUILT)
    stored(cache, 0, f"{4:020x}")
    make_room()
    assert keys(cache) == [0, 2, 4]
    assert not list(cache.glob("*.lock"))


def test_the_newest_stays_whatever_the_limit(cache: Path, monkeypatch) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE_LIMIT", "0")
    make_room()
    assert keys(cache) == [0]


def test_what_another_process_uses_stays_until_it_ends(cache: Path) -> None:
    oldest = stored_builds()[0]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(oldest.folder)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )
    assert holder.stdout.readline() == "held\n"
    with in_use(oldest.folder):  # others may use it, too
        make_room()
    assert keys(cache) == [0, 1, 3]
    assert not remove(oldest)
    holder.kill()
    holder.communicate()
    assert remove(oldest)
    assert keys(cache) == [0, 1]


@pytest.mark.usefixtures("cache")
def test_what_is_made_is_neither_used_nor_removed() -> None:
    oldest = stored_builds()[0]
    with alone_at_once(oldest.folder):
        assert not remove(oldest)
        with pytest.raises(BlockingIOError), alone_at_once(oldest.folder):
            pass
    assert remove(oldest)


def test_only_builds_are_touched(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder may be one of the user's that holds other things."""
    mine = cache / "notes-verilator-paper"
    mine.mkdir()
    (cache / "letter.txt").write_text("mine")
    monkeypatch.setenv("DITTOSIM_CACHE_LIMIT", "0")
    make_room()
    assert {mine.name, "letter.txt"} <= {path.name for path in cache.iterdir()}


@pytest.mark.parametrize("text", ["", "much", "-1", "nan"])
def test_limit_that_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE_LIMIT", text)
    with pytest.raises(DittosimError, match=r"DITTOSIM_CACHE_LIMIT is '.*GB"):
        limit()
