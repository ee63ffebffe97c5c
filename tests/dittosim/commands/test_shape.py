import json
from pathlib import Path

import pytest

from dittosim.layers.models.shipped import MODELS
from tests.helpers.command_line import Cli

FEW = ("shape", "--design", "itc", "--budget", 3, "--lanes", 16, "-j", 1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_tables_files_and_figures(cli: Cli) -> None:
    outcome = cli(*FEW, "--busy", 80, "-o", "out", "--json", "a.json")
    assert (outcome.code, outcome.err) == (0, "")
    (one,) = json.loads(Path("a.json").read_text())["designs"]
    assert set(one["models"]) == set(MODELS)
    assert (
        one["multipliers"]
        == 16 * one["machine"]["columns"] * one["machine"]["tiles_m"] * (one["machine"]["tiles_n"])
    )
    for each in (one, one["as_it_was"], one["busy"]):
        for figures in each["models"].values():
            assert 0 < figures["busy_as_cut"] <= figures["busy"] <= 1
            assert sum(figures["idle"].values()) == pytest.approx(1 - figures["busy"])
            assert figures["waiting"] == pytest.approx(
                1 - figures["cycles_computing"] / figures["cycles_least"]
            )
            bound = figures["macs"] / each["multipliers"]
            assert figures["cycles_computing"] == pytest.approx(bound / figures["busy"])
    assert min(each["busy"] for each in one["busy"]["models"].values()) >= 0.8
    for words in ("27,648", "cut for the array", "itc as it was", "at 64 bytes a cycle", "80 %"):
        assert words in outcome.out
    # The paper's machine and its idle tiles: 64 lines on 14 rows of tiles, 320 channels on 704.
    was = one["as_it_was"]["models"]["sdm"]
    assert was["busy"] == pytest.approx(0.353, abs=0.001)
    again = cli("shape", "--design", "out/itc.toml", "--json", "b.json", "-j", 1)
    assert again.code == 0
    (read,) = json.loads(Path("b.json").read_text())["designs"]
    assert read["machine"] == one["machine"]
    assert read["models"] == one["models"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--budget", 0), ("--budget 0",)),
        (("--budget", 0.0001), ("design itc: no machine", "larger --budget")),
        (("--design", "itc"), ("two designs have that name",)),
        (("--lanes", 32), ("lanes",)),
        (("-c", "none"), ("no preset 'none'",)),
    ],
)
def test_wrong_options(cli: Cli, arguments: tuple[object, ...], words: tuple[str, ...]) -> None:
    cli("shape", "--design", "itc", "-j", 1, *arguments).refused(*words)


def test_a_name_that_is_no_files(cli: Cli) -> None:
    Path("d.toml").write_text('name = "../d"\ntitle = "d"\nflow = "original"\n')
    cli("shape", "--design", "d.toml").refused("'../d'", "use another")
