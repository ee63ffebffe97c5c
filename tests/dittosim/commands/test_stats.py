import csv
import io
import json
from pathlib import Path

import pytest

from dittosim.statistics.page import SECTIONS
from golden.difference.matmul import Mode
from golden.workload.workload import load_workload
from tests.helpers.command_line import Cli, workload_copy
from tests.helpers.page import parse


def test_tables_are_whole_at_80_columns(cli: Cli) -> None:
    outcome = cli("stats", "digits-unet", "--steps", 3, "--images", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert "\N{HORIZONTAL ELLIPSIS}" not in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 80
    for words in ("attention.project", "0.983", "oracle of Defo+", "4 bytes per cycle"):
        assert words in outcome.out


def test_all_outputs_at_once(cli: Cli) -> None:
    files = ("--html", "page.html", "--json", "figures.json", "--csv", "-")
    outcome = cli("stats", "digits-unet", "--steps", 2, "--images", 1, *files, "-o", "plots")
    assert (outcome.code, outcome.err) == (0, "")
    layers = list(load_workload("digits-unet").layers())

    page = parse(Path("page.html").read_text())
    assert [row[0] for row in page.tables["Bit operations"]] == ["layer", *layers, "all layers"]

    # NaN and Infinity are no JSON.
    figures = json.loads(Path("figures.json").read_text(), parse_constant=pytest.fail)
    assert list(figures["layers"]) == layers
    assert figures["summary"]["temporal_cosine"]["paper"] == 0.983
    assert (figures["steps"], figures["images"], figures["rule"]) == (2, 1, "linear")
    assert set(figures["decisions"]) == {"Defo", "Defo+"}

    rows = list(csv.DictReader(io.StringIO(outcome.out)))
    assert len(rows) == len(layers) * 2 * len(Mode)
    assert {row["mode"] for row in rows} == {mode.value for mode in Mode}

    names = {f"{picture.name}.png" for section in SECTIONS for picture in section.pictures}
    assert {path.name for path in Path("plots").iterdir()} == names


def test_more_bytes_per_cycle_favour_temporal_differences(cli: Cli) -> None:
    changed = []
    for width in (1, 1024):
        options = ("--images", 1, "--bytes-per-cycle", width, "--json", "-")
        run = cli("stats", "digits-unet", "--steps", 20, *options)
        changed.append(json.loads(run.out)["decisions"]["Defo"]["changed"])
    assert changed[0] > changed[1]


def test_wrong_use_is_refused_in_one_line(cli: Cli) -> None:
    cli("stats", "nothing").refused("no workload 'nothing'", "digits-unet")
    cli("stats", "digits-unet", "--steps", 1).refused("one step", "--steps 2")
    cli("stats", "digits-unet", "--bytes-per-cycle", 0).refused("--bytes-per-cycle")
    cli("stats", "digits-unet", "--rule", "other").refused("--rule", "linear")
    cli("stats", "digits-unet", "--html", "nowhere/page.html").refused("nowhere/page.html")
    cli("stats", "digits-unet", "--html", "-", "--csv", "-").refused("--html", "--csv")
    assert not list(Path().iterdir())


def test_a_workload_of_one_step_is_refused(cli: Cli, tmp_path: Path) -> None:
    folder = workload_copy(tmp_path / "mine")
    path = folder / "workload.json"
    path.write_text(path.read_text().replace('"steps": 50', '"steps": 1'))
    cli("stats", folder, "--html", "page.html").refused("one step")
    assert not Path("page.html").exists()
