"""Figures of functions are those of the commands, and become frames and pictures."""

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dittosim
from dittosim.results import Result
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import save_tiny_digits

PNG = b"\x89PNG"
SPACE = """
workload = "tiny"
base = "tiny"
flow = "temporal"
steps = 2

[grid]
lanes = [2, 3, 4]
"""


@pytest.fixture
def tiny(cli: Cli) -> Path:  # noqa: ARG001
    """A workload in the folder of the commands."""
    return save_tiny_digits(Path("tiny"))


def of_command(cli: Cli, *arguments: object) -> dict[str, Any]:
    outcome = cli(*arguments, "--json", "-")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


def plain(figures: object) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(figures))


def shows_itself(result: Result, rows: int) -> None:
    """It has frames of so many rows, alike in both packages, and a table for notebooks."""
    frame, records = result.to_pandas(), result.records()
    assert len(frame) == len(records) == rows > 0
    polars = result.to_polars()
    assert polars.columns == list(frame.columns)
    for name in frame.columns:
        ours = [None if pd.isna(value) else value for value in frame[name]]
        assert ours == polars[name].to_list(), name
    assert result._repr_html_().startswith("<pre")
    assert plain(result.to_dict())


@pytest.mark.parametrize("options", [{}, {"energy": "small45", "dram": "hbm2"}])
def test_simulate(cli: Cli, tiny: Path, options: dict[str, str]) -> None:
    more = [word for name, value in options.items() for word in (f"--{name}", value)]
    common = ("simulate", tiny, "-c", "small", "--flow", "original", "--flow", "defo")
    wanted = of_command(cli, *common, "--steps", 2, *more)
    found = dittosim.simulate(tiny, "small", ["original", "defo"], steps=2, **options)
    assert plain(found.to_dict()) == wanted
    assert found.cycles == {flow: each["total"]["cycles"] for flow, each in wanted["flows"].items()}
    assert found.speedup["original"] == 1
    nodes = sum(len(flow["nodes"]) for flow in wanted["flows"].values())
    shows_itself(found, 2 * nodes)
    by_flow = found.to_pandas().groupby("flow")
    nodes_cycles = by_flow.cycles.sum()
    for flow, cycles in found.cycles.items():
        assert cycles - nodes_cycles[flow] == 2  # the last cycle of every queue is no node's
    assert found.plot()._repr_png_().startswith(PNG)
    if options:
        energies = by_flow.energy_uj.sum()
        assert energies.to_dict() == pytest.approx(found.energy_uj, rel=1e-3)
    else:
        with pytest.raises(dittosim.DittosimError, match="energy='small45'"):
            _ = found.energy_uj


@pytest.mark.parametrize("memory", [True, False])
def test_simulate_layers(cli: Cli, tiny: Path, memory: bool) -> None:
    scope = "layers" if memory else "tiles"
    common = ("simulate", tiny, "-c", "tiny", "--scope", scope, "--steps", 2)
    wanted = of_command(cli, *common)
    found = dittosim.simulate_layers(tiny, "tiny", memory=memory, steps=2)
    assert plain(found.to_dict()) == wanted
    shows_itself(found, 3 * 2 * len(wanted["modes"]["act"]["layers"]))
    assert found.plot()._repr_png_().startswith(PNG)
    assert list(found.cycles) == ["act", "temporal", "spatial"]


@pytest.mark.parametrize(("flow", "products"), [("defo", False), ("temporal", True)])
def test_compile(cli: Cli, tiny: Path, flow: str, products: bool) -> None:
    more = ["--products"] if products else []
    wanted = of_command(cli, "compile", tiny, "-c", "tiny", "--flow", flow, *more)
    found = dittosim.compile(tiny, "tiny", flow, products=products)
    assert plain(found.to_dict()) == wanted
    frame = found.to_pandas()
    shows_itself(found, len(frame))
    costs = frame.cycles.dropna().sum()
    told = wanted["cycles"] if not products else costs
    assert 0 <= told - costs <= 1  # the last cycle of the queue is no layer's
    assert found.plot()._repr_png_().startswith(PNG)
    paths = found.save("program")
    assert paths[0].read_bytes() == found.memory
    with pytest.raises(dittosim.DittosimError, match="exists already"):
        found.save("program")


@pytest.mark.usefixtures("tiny")
def test_sweep(cli: Cli) -> None:
    Path("space.toml").write_text(SPACE)
    outcome = cli("sweep", "space.toml", "-o", "sweep", "-j", 1)
    assert outcome.code == 0, outcome.err
    found = dittosim.sweep(
        {
            "workload": "tiny",
            "base": "tiny",
            "flow": "temporal",
            "steps": 2,
            "grid": {"lanes": [2, 3, 4]},
        }
    )
    pd.testing.assert_frame_equal(found.to_pandas(), pd.read_parquet("sweep/results.parquet"))
    shows_itself(found, 2)
    assert found.left_out[0].startswith("1 of 3 points are impossible")
    assert " ".join(found.left_out[0].split()) in " ".join(outcome.out.split()).replace(
        "space.toml:", "space:"
    )
    assert found.pareto()["pareto"].all()
    assert found.plot()._repr_png_() == Path("sweep/pareto.png").read_bytes()
    again = dittosim.sweep("space.toml", "sweep")
    pd.testing.assert_frame_equal(again.to_pandas(), found.to_pandas())
    assert again.folder == Path("sweep")


@pytest.mark.usefixtures("tiny")
def test_sweep_of_no_space() -> None:
    with pytest.raises(dittosim.DittosimError, match=r"^space: grid"):
        dittosim.sweep({"workload": "tiny"})
    with pytest.raises(dittosim.DittosimError, match=r"^space: grid: unknown field 'lane'"):
        dittosim.sweep({"workload": "tiny", "grid": {"lane": [1]}})


def test_timeline(cli: Cli, tiny: Path) -> None:
    common = ("timeline", tiny, "-c", "tiny", "--flow", "defo", "--step", "0-1", "-o", "out")
    assert cli(*common).code == 0
    found = dittosim.timeline(tiny, "tiny", "defo", step=(0, 1))
    assert found.trace_events() == Path("out/timeline.json").read_text()
    assert found.plot()._repr_png_() == Path("out/timeline.png").read_bytes()
    shows_itself(found, found.intervals)
    assert found.to_pandas()["last"].max() <= found.cycles
    assert found.to_dict()["otherData"]["flow"] == "defo"
    loaded = dittosim.timeline(dittosim.load_workload(tiny), "tiny", "temporal", products=True)
    assert loaded.intervals > 0
    with pytest.raises(dittosim.DittosimError, match="the last cycle is"):
        found.plot(first_cycle=10**9)
    with pytest.raises(dittosim.DittosimError, match="save tiny"):
        dittosim.timeline(dittosim.load_workload(tiny), "tiny", on="verilog")


def test_prune(cli: Cli, tiny: Path) -> None:
    wanted = of_command(cli, "prune", tiny, "--sparsity", 0.5, "-o", "command")
    found = dittosim.prune(tiny, 0.5)
    assert plain(found.to_dict()) == wanted
    shows_itself(found, len(wanted["nodes"]))
    assert found.save("function") == Path("function")
    for name in ("workload.json", "weights.safetensors"):
        assert Path("function", name).read_bytes() == Path("command", name).read_bytes()
    assert found.plot()._repr_png_().startswith(PNG)
    assert dittosim.simulate(found.workload, "tiny", "temporal", steps=1).cycles["temporal"] > 0


def test_generate(cli: Cli) -> None:
    assert cli("generate", "-c", "tiny", "--top", "pe", "-o", "command").code == 0
    found = dittosim.generate("pe", dittosim.load_config("tiny"), "function")
    for name in found.texts:
        assert Path("function", name).read_bytes() == Path("command", name).read_bytes()
    assert found.verilog == Path("function/ditto_pe.v").read_text()
    shows_itself(found, len(found.manifest["modules"][0]["ports"]))
    assert not Path("nothing").exists()


def test_configurations() -> None:
    assert dittosim.presets() == ["tiny", "small", "paper"]
    small = dittosim.load_config("small")
    other = dittosim.load_config("small", columns=2 * small.columns)
    assert other.columns == 2 * small.columns
    assert dittosim.load_config(other, columns=small.columns) == small
    with pytest.raises(dittosim.DittosimError, match=r"^small with lanes: .*lanes"):
        dittosim.load_config("small", lanes=0)
    with pytest.raises(dittosim.DittosimError, match="lane"):
        dittosim.load_config("small", lane=4)
    with pytest.raises(dittosim.DittosimError, match="no preset 'large'"):
        dittosim.load_config("large")


def test_wrong_choices_are_refused_in_a_line(tiny: Path) -> None:
    with pytest.raises(dittosim.DittosimError, match=r"^no flow 'ditto': choose among original"):
        dittosim.simulate(tiny, "tiny", "ditto")
    with pytest.raises(dittosim.DittosimError, match="no flow is named"):
        dittosim.simulate(tiny, "tiny", [])
    with pytest.raises(dittosim.DittosimError, match="--flow float"):
        dittosim.compile(tiny, "tiny", "float")
    with pytest.raises(dittosim.DittosimError, match="no mode 'x'"):
        dittosim.simulate_layers(tiny, "tiny", "x")
    with pytest.raises(dittosim.DittosimError, match="no simulator 'x'"):
        dittosim.verify("pe", config="tiny", simulator="x")
    with pytest.raises(dittosim.DittosimError, match="no bench 'x'"):
        dittosim.verify("x", config="tiny")
    with pytest.raises(dittosim.DittosimError, match="no workload 'nothing'"):
        dittosim.load_workload("nothing")


def test_a_frame_of_polars_needs_polars(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    found = dittosim.simulate_layers(tiny, "tiny", "act", memory=False, steps=1)
    with pytest.raises(dittosim.DittosimError, match=r"^polars is not installed: pip install"):
        found.to_polars()


@pytest.mark.usefixtures("cli")
def test_verify() -> None:
    """On a machine that was built, which other processes are given as it is."""
    machine = dittosim.load_config("tiny", lanes=2, beat_elements=4)
    found = dittosim.verify("pe", config=machine)
    assert found.passed
    assert found.differences == 0
    shows_itself(found, 2)
    assert machine.digest() in found._repr_html_()
    Path("my.toml").write_text("lanes = 2\nbeat_elements = 4")
    assert list(found.to_pandas()["name"]) == ["pe", "pe, stalls"]
