import json
from pathlib import Path

import pytest

from tb.harness.build_cache import BUILT
from tb.harness.build_lock import in_use
from tests.helpers.command_line import Cli


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with two builds, the Verilog backend's, and a file of the user's."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("DITTOSIM_CACHE", str(folder))
    for key in "ab":
        build = folder / f"ditto_pe-icarus-{20 * key}"
        build.mkdir(parents=True)
        (build / BUILT).write_bytes(bytes(1_200_000))
    (folder / "wasmtime").mkdir()
    (folder / "wasmtime" / "compiled").write_bytes(bytes(3_000_000))
    (folder / "letter.txt").write_text("mine")
    return folder


def test_shows_what_is_there(cli: Cli, cache: Path) -> None:
    outcome = cli("cache", "--json", "found.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert ["simulations", "2", "2.4"] in [line.split() for line in outcome.out.splitlines()]
    assert ["wasmtime", "3.0"] in [line.split() for line in outcome.out.splitlines()]
    figures = json.loads(Path("found.json").read_text())
    assert figures["folder"] == str(cache)
    assert figures["builds"] == 2
    assert figures["bytes"]["simulations"] == 2_400_000


def test_empties_it_but_for_what_is_in_use(cli: Cli, cache: Path) -> None:
    used = cache / f"ditto_pe-icarus-{20 * 'a'}"
    with in_use(used):
        outcome = cli("cache", "--clear")
    assert "in use and kept: 1" in outcome.out
    assert {path.name for path in cache.iterdir()} == {used.name, f"{used.name}.lock", "letter.txt"}
    assert cli("cache", "--clear").code == 0
    assert [path.name for path in cache.iterdir()] == ["letter.txt"]


def test_no_cache_yet(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE", "none-yet")
    for arguments in ((), ("--clear",)):
        outcome = cli("cache", *arguments)
        assert (outcome.code, outcome.err) == (0, "")
    assert not Path("none-yet").exists()


def test_a_limit_that_is_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DITTOSIM_CACHE_LIMIT", "much")
    cli("cache").refused("DITTOSIM_CACHE_LIMIT is 'much'", "GB")
