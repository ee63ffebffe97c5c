import json
import re
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest

from dittosim.report.fields import with_front
from dittosim.report.results import load_results
from dittosim.report.toml_lines import machine_toml
from golden.machine.config import MachineConfig
from tests.helpers.command_line import REPOSITORY, Cli
from tests.helpers.tiny_digits import save_tiny_digits

GUIDE = REPOSITORY / "docs" / "designs.md"


@pytest.fixture(autouse=True)
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_tiny_digits(Path("tiny"))


def test_figures_are_those_of_simulate(cli: Cli) -> None:
    chosen = [word for name in ("itc", "ditto", "cambricon-d") for word in ("--design", name)]
    outcome = cli(
        "designs",
        "tiny",
        *chosen,
        "--bandwidth",
        16,
        "--bandwidth",
        4,
        "-o",
        "out",
        "--json",
        "a.json",
        "-j",
        1,
    )
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(Path("a.json").read_text())["figures"]
    assert [(one["design"], one["bytes_per_cycle"]) for one in figures] == [
        (name, width) for width in (16, 4) for name in ("itc", "ditto", "cambricon-d")
    ]
    fields = figures
    for one in (figures[0], figures[4]):
        machine = {name: one[name] for name in _fields()}
        lines = (f"{name} = {json.dumps(value)}" for name, value in machine.items())
        Path("machine.toml").write_text("\n".join(lines))
        cli(
            "simulate",
            "tiny",
            "-c",
            "machine.toml",
            "--flow",
            one["flow"],
            "--json",
            "b.json",
            "--force",
        )
        run = json.loads(Path("b.json").read_text())["flows"][one["flow"]]["total"]
        assert one["cycles"] == run["cycles"] == sum(run["causes"].values())
        assert one["moved_bytes"] == sum(run["bytes"].values())
    assert {one["energy_of_dram"] for one in fields} == {"lpddr4"}
    # Nothing of the step before moves, and values are not skipped.
    assert figures[2]["bytes_previous"] == figures[2]["bytes_references"] == 0
    assert 0 < figures[2]["clipped"] <= figures[2]["outliers"] < figures[2]["elements"]
    results = pd.read_parquet("out/results.parquet")
    assert results["cycles"].tolist() == [one["cycles"] for one in figures]
    assert {tuple(row) for row in results[["workload", "steps", "images", "seed"]].values} == {
        ("tiny", 3, 1, 0)
    }
    loaded = load_results(Path("out"))
    assert loaded.about.version == version("dittosim")
    assert with_front(loaded)[1].group == "memory"
    assert Path("out/designs.png").read_bytes().startswith(b"\x89PNG")
    for words in ("16 bytes a cycle", "4 bytes a cycle", "energy, times that of itc", "9 x 8 bits"):
        assert words in outcome.out
    areas = {one["design"]: one["tiles_um2"] for one in figures}
    share = areas["itc"] / max(areas.values())
    assert share < 0.9 <= areas["cambricon-d"] / max(areas.values())
    assert "Not at equal area" in outcome.out
    assert f"of what ditto takes, itc {share:.0%}." in outcome.out


def test_figures_on_dram_are_those_of_simulate(cli: Cli) -> None:
    outcome = cli(
        "designs",
        "tiny",
        *("--design", "itc", "--design", "ditto"),
        *("--standard", "lpddr4-3200", "--standard", "ddr4-2400"),
        *("-o", "out", "--json", "a.json", "-j", 1),
    )
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(Path("a.json").read_text())["figures"]
    assert [(one["design"], one["memory"], one["energy_of_dram"]) for one in figures] == [
        (name, memory, energy)
        for memory, energy in (("ddr4-2400", "ddr4-2400"), ("lpddr4-3200", "lpddr4"))
        for name in ("itc", "ditto")
    ]
    one = figures[1]
    machine = machine_toml(one)
    assert 'dram = "ddr4-2400"' in machine
    Path("machine.toml").write_text(machine)
    cli("simulate", "tiny", "-c", "machine.toml", "--flow", "defo", "--json", "b.json")
    run = json.loads(Path("b.json").read_text())["flows"]["defo"]["total"]
    assert one["cycles"] == run["cycles"]
    assert one["clock_ns"] == 1.0
    for words in ("ddr4-2400, 1 channel, 19.3 bytes a cycle at most", "gain over itc, by DRAM"):
        assert words in outcome.out


def _fields() -> list[str]:
    # These designs are on no DRAM.
    return [name for name in MachineConfig.model_fields if name != "dram"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--bandwidth", 0), ("--bandwidth 0", "16, 8, 4, 2")),
        (("--bandwidth", 3), ("--bandwidth 3", "16, 8, 4, 2")),
        (("--bandwidth", 32), ("--bandwidth 32", "wider bus")),
        (("--bandwidth", 16, "--standard", "hbm2"), ("--bandwidth and --standard",)),
        (("--dram", "ddr4-2400"), ('dram = "ddr4-2400"', "lpddr4, ddr3, hbm2, hbm3")),
        (("--standard", "hbm2", "--dram", "ddr4-3200"), ("ddr4-3200: its energy",)),
        (("--budget", 0), ("--budget 0",)),
        (("--budget", 0.001), ("design itc: no tile fits into 0.0010 mm2",)),
        (("--design", "dito"), ("no design 'dito'",)),
        (("--design", "itc", "--design", "itc"), ("two designs have that name",)),
    ],
)
def test_wrong_options(cli: Cli, arguments: tuple[object, ...], words: tuple[str, ...]) -> None:
    cli("designs", "tiny", *arguments).refused(*words)


def test_machines_that_lay_out_tensors_differently(cli: Cli) -> None:
    """Each has the cycles that it has alone."""
    Path("wide.toml").write_text(
        'name = "wide"\ntitle = "wide"\nflow = "original"\n'
        "[machine]\nlanes = 4\nbeat_elements = 32\n"
    )
    cycles = {}
    for number, names in enumerate((("itc", "wide.toml"), ("wide.toml",))):
        options = [word for name in names for word in ("--design", name)]
        outcome = cli(
            "designs", "tiny", *options, "--steps", 2, "-j", 1, "--json", f"{number}.json"
        )
        assert outcome.code == 0
        assert ("Not at equal area" in outcome.out) == (len(names) > 1)
        found = json.loads(Path(f"{number}.json").read_text())["figures"]
        cycles[number] = {one["design"]: one["cycles"] for one in found}
    assert cycles[0]["wide"] == cycles[1]["wide"] != cycles[0]["itc"]


def test_add_your_own_design_word_for_word(cli: Cli) -> None:
    """What the guide says to write and to run."""
    guide = GUIDE.read_text().split("## Add your own design")[1]
    text = re.search(r"```toml\n(.*?)```", guide, re.DOTALL)
    command = re.search(r"^    (dittosim designs .*)$", guide, re.MULTILINE)
    assert text
    assert command
    Path("mine.toml").write_text(text[1])
    words = command[1].replace("digits-unet", "tiny").split()[1:]
    outcome = cli(*words, "--steps", 2, "-j", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert "my-design" in outcome.out
