import csv
import json
from pathlib import Path

import pytest

from dittosim.commands import layers as command
from golden.machine.config import MachineConfig, load_config
from tests.helpers.command_line import REPOSITORY, Cli

TOPOLOGY = (
    "Layers of any kind,\n"
    "stem, 18, 18, 3, 3, 3, 32, 1,\nblock, 18, 18, 3, 3, 32, 32, 1,\nhead, 5, 10, 64,\n"
)
DENSE = str(REPOSITORY / "docs/machines/dense.toml")


@pytest.fixture(autouse=True)
def topology(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.csv").write_text(TOPOLOGY)


def test_reports(cli: Cli) -> None:
    outcome = cli("layers", "net.csv", "-c", DENSE, "-o", "out", "--json", "a.json")
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(Path("a.json").read_text())["layers"]
    assert [one["macs"] for one in figures] == [256 * 27 * 32, 256 * 288 * 32, 5 * 64 * 10]
    reports = {
        path.name: list(csv.reader(path.read_text().splitlines())) for path in Path("out").iterdir()
    }
    for name, head in {
        "COMPUTE_REPORT.csv": "LayerID, Total Cycles (incl. prefetch), Total Cycles, Stall Cycles, "
        "Overall Util %, Mapping Efficiency %, Compute Util %,",
        "BANDWIDTH_REPORT.csv": "LayerID, Avg IFMAP SRAM BW, Avg FILTER SRAM BW, "
        "Avg OFMAP SRAM BW, Avg IFMAP DRAM BW, Avg FILTER DRAM BW, Avg OFMAP DRAM BW,",
    }.items():
        assert Path("out", name).read_text().splitlines()[0] == head
        assert len(reports[name]) == 4
    config = load_config(DENSE)
    for one, row in zip(figures, reports["COMPUTE_REPORT.csv"][1:], strict=True):
        cycles, array, stalls, overall, mapping, compute = map(float, row[1:7])
        assert cycles == one["cycles"] == sum(one["causes"].values())
        assert array - stalls == one["causes"]["compute"]
        assert overall == pytest.approx(100 * one["macs"] / config.multipliers / array)
        assert overall <= compute <= mapping <= 100
    # Every element of the second layer has its lane and its column.
    assert float(reports["COMPUTE_REPORT.csv"][2][5]) == 100
    access = [float(cell) for cell in reports["DETAILED_ACCESS_REPORT.csv"][2][1:19]]
    reads = 256 * 288 * 32 // config.columns
    assert access[2] == reads
    assert access[5] == 256 * 288 * 32
    assert access[17] == 256 * 32


def test_other_tiles_and_modes(cli: Cli) -> None:
    cycles = {}
    for mode in ("act", "temporal"):
        assert cli("layers", "net.csv", "--mode", mode, "--json", f"{mode}.json").code == 0
        found = json.loads(Path(f"{mode}.json").read_text())["layers"]
        cycles[mode] = found[1]["causes"]["compute"]
    assert cycles["temporal"] < cycles["act"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("net.txt",), ("net.txt", "topology (.csv)", ".onnx")),
        (("none.csv",), ("cannot read topology none.csv",)),
        (("net.csv", "-c", "small.toml"), ("layer stem:", "input_beats = 16")),
    ],
)
def test_wrong_input(cli: Cli, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    fields = MachineConfig(input_beats=16).model_dump(mode="json", exclude_none=True)
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())
    Path("small.toml").write_text(text)
    cli("layers", *arguments, "-o", "out").refused(*words)
    assert not Path("out/COMPUTE_REPORT.csv").exists()


def test_models_by_name(cli: Cli) -> None:
    outcome = cli("layers", "ddpm", "--list", "--topology", "ddpm.csv", "--json", "a.json")
    assert (outcome.code, outcome.err) == (0, "")
    for words in ("mid.attn_1.scores", "6,221.", "125 layers (52 3x3, 37 1x1", "35.7 M weights"):
        assert words in outcome.out
    layers = json.loads(Path("a.json").read_text())["layers"]
    assert len(layers) == 125
    assert cli("layers", "ddpm.csv", "--list", "--json", "b.json").code == 0
    read = json.loads(Path("b.json").read_text())["layers"]
    assert [(one["name"], one["macs"]) for one in read] == [
        (one["name"], one["macs"]) for one in layers
    ]
    cli("layers", "ddpm", "--list", "-o", "out").refused("-o", "leave it out")
    cli("layers", "ddpm", "--topology", "ddpm.csv").refused("ddpm.csv", "exists already")
    cli("layers", "dpm").refused("dpm: neither", "ddpm, bed, chur, img, sdm, dit, latte")


def test_equal_layers_are_timed_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """And each has its own line, with the cycles that it has alone."""
    twice = "twice, 5, 10, 64,\n"
    Path("two.csv").write_text("Layer, M, N, K,\n" + twice + twice.replace("twice", "again"))
    Path("one.csv").write_text("Layer, M, N, K,\n" + twice)
    calls = []
    plain = command.time_layer
    monkeypatch.setattr(command, "time_layer", lambda *a: calls.append(a) or plain(*a))
    for name in ("two", "one"):
        assert cli("layers", f"{name}.csv", "--json", f"{name}.json").code == 0
    assert len(calls) == 2
    two, one = (json.loads(Path(f"{name}.json").read_text())["layers"] for name in ("two", "one"))
    assert [each["name"] for each in two] == ["twice", "again"]
    assert two[0]["cycles"] == two[1]["cycles"] == one[0]["cycles"]
