import json
import os
import signal
import time
from pathlib import Path

import pandas as pd
import pytest
import safetensors.numpy

import sim.run.activations
from golden.workload.run import Run
from golden.workload.workload import WEIGHTS_FILE
from tests.helpers.command_line import Cli, spawn, without_progress, workload_copy
from tests.helpers.tiny_digits import save_tiny_digits

MACHINES = 'workload = "digits-unet"\nbase = "tiny"\n'
HEAD = f'{MACHINES}scope = "tiles"\n'
GRID = "[grid]\nbeat_elements = [4, 8, 12]\nfifo_depth = [1, 2, 4]\n"


def test_results(cli: Cli) -> None:
    Path("space.toml").write_text(f"{HEAD}steps = 1\n{GRID}")
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert "3 of 9 points are impossible" in outcome.out
    results = pd.read_parquet("out/results.parquet")
    assert len(results) == 6
    assert {"lanes", "hash", "cycles", "bound", "dense", "speedup", "area_um2"} <= set(results)
    points = list(zip(results["cycles"], results["area_um2"], strict=True))
    for point, flag in zip(points, results["pareto"], strict=True):
        beaten = any(p != point and p[0] <= point[0] and p[1] <= point[1] for p in points)
        assert flag == (not beaten)
    assert Path("out/pareto.png").read_bytes().startswith(b"\x89PNG")
    assert not list(Path("out").rglob("*.part"))
    Path("space.toml").write_text(f"{HEAD}steps = 2\n{GRID}")
    cli("sweep", "space.toml", "-o", "out").refused("other settings", "-o", "--force")
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1, "--force").code == 0
    assert (pd.read_parquet("out/results.parquet")["cycles"] > results["cycles"]).all()
    Path("other").mkdir()
    Path("other/results.parquet").write_text("mine")
    cli("sweep", "space.toml", "-o", "other").refused("other/results.parquet exists already")


def test_whole_machines(cli: Cli) -> None:
    """Figures are those that simulate has; what does not run the workload is left out."""
    save_tiny_digits(Path("tiny"))
    space = 'workload = "tiny"\nsteps = 2\nflow = "defo"\ndram = "hbm2"\n[grid]\n'
    Path("space.toml").write_text(
        f"{space}lanes = [2, 4]\ncolumns = [8, 16]\nbeat_elements = [16, 24]\n"
    )
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert "4 of 8 points are impossible" in outcome.out
    assert "2 of 4 points do not run tiny and are left out; the first: " in outcome.out
    results = pd.read_parquet("out/results.parquet")
    assert results["lanes"].tolist() == [2, 4]
    small = results[results["lanes"] == 4].iloc[0]
    options = ("--steps", 2, "--flow", "defo", "--energy", "small45", "--dram", "hbm2")
    clock = ("--clock", small["clock_ns"])
    assert cli("simulate", "tiny", *options, *clock, "--json", "run.json").code == 0
    run = json.loads(Path("run.json").read_text())
    assert small["cycles"] == run["flows"]["defo"]["total"]["cycles"]
    assert small["moved_bytes"] == sum(run["flows"]["defo"]["total"]["bytes"].values())
    energy = sum(run["energy"]["flows"]["defo"]["components_pj"].values()) / 1e6
    parts = [name for name in results if name.startswith("energy_uj_")]
    assert small["energy_uj"] == pytest.approx(energy) == pytest.approx(small[parts].sum())
    assert small["time_ms"] == pytest.approx(small["cycles"] * small["clock_ns"] / 1e6)
    assert small["power_mw"] == pytest.approx(small["energy_uj"] / small["time_ms"])
    assert small["area_mm2"] > small["memories_um2"] / 1e6 > 0
    assert small["energy_delay_uj_ms"] == pytest.approx(small["energy_uj"] * small["time_ms"])
    assert results["pareto"].any()
    assert Path("out/pareto.png").read_bytes().startswith(b"\x89PNG")


def test_no_machine_runs_the_workload(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    Path("space.toml").write_text('workload = "tiny"\n[grid]\ncolumns = [8]\n')
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1)
    outcome.refused("no machine of the grid runs tiny", "columns")
    assert not Path("out/results.parquet").exists()


def test_damaged_points_are_computed_again(cli: Cli) -> None:
    Path("space.toml").write_text(f"{HEAD}steps = 1\n{GRID}")
    arguments = ("sweep", "space.toml", "-o", "out", "-j", 1)
    assert cli(*arguments).code == 0
    results = Path("out/results.parquet").read_bytes()
    points = sorted(Path("out/points").glob("*.json"))
    whole = [point.read_bytes() for point in points]
    for point, text in zip(points, ("{}", "{", ""), strict=False):
        point.write_text(text)
    before = {point: point.stat().st_mtime_ns for point in points[3:]}
    outcome = cli(*arguments)
    assert outcome.code == 0
    said = without_progress(outcome.err)
    assert said.startswith("not a whole point, computed again: out/points/")
    assert said.endswith(" (3 such points)\n")
    assert [point.read_bytes() for point in points] == whole
    assert {point: point.stat().st_mtime_ns for point in before} == before
    assert Path("out/results.parquet").read_bytes() == results


def test_points_of_another_workload_are_refused(cli: Cli) -> None:
    """Under the same name: the folder's contents count."""
    folder = workload_copy(Path("mine"))
    Path("space.toml").write_text(
        f'workload = "mine"\nsteps = 1\nbase = "tiny"\nscope = "tiles"\n{GRID}'
    )
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1).code == 0
    weights = safetensors.numpy.load_file(folder / WEIGHTS_FILE)
    weights["head.bias"] += 1
    safetensors.numpy.save_file(weights, folder / WEIGHTS_FILE)
    cli("sweep", "space.toml", "-o", "out", "-j", 1).refused("other settings", "-o")


def test_activations_are_computed_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    compute = Run.observe
    monkeypatch.setattr(
        Run, "observe", lambda run, *a, **k: (runs.append(run), compute(run, *a, **k))[1]
    )
    monkeypatch.setattr(sim.run.activations, "_kept", {})
    Path("space.toml").write_text(f"{HEAD}steps = 2\n{GRID}")
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1).code == 0
    assert len(runs) == 1
    monkeypatch.setattr(sim.run.activations, "LIMIT_BYTES", 0)
    monkeypatch.setattr(sim.run.activations, "_kept", {})
    assert cli("sweep", "space.toml", "-o", "anew", "-j", 1).code == 0
    assert len(runs) == 7
    for point in Path("out/points").iterdir():
        assert point.read_bytes() == (Path("anew/points") / point.name).read_bytes()
    assert Path("anew/results.parquet").read_bytes() == Path("out/results.parquet").read_bytes()


def test_interrupted_sweep_goes_on(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(f"{HEAD}steps = 100\n{GRID}")
    arguments = ("sweep", "space.toml", "-o", "out", "-j", "2")
    process = spawn(*arguments, cwd=tmp_path)
    points = tmp_path / "out" / "points"
    deadline = time.monotonic() + 300
    while not list(points.glob("[0-9a-f]*.json")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    err = without_progress(err)
    assert err.startswith("interrupted: ")
    assert len(err.splitlines()) == 1, err
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "out/results.parquet").exists()
    names = [path for path in points.iterdir() if path.name != "settings.txt"]
    before = {path: path.stat().st_mtime_ns for path in names}
    assert 0 < len(before) < 6
    process = spawn(*arguments, cwd=tmp_path)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, without_progress(err)) == (0, "")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(pd.read_parquet(tmp_path / "out/results.parquet")) == 6
    assert (tmp_path / "out/pareto.png").exists()
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= 3", ["not valid TOML"]),
        ("workload = 3\n[grid]\nlanes = [2]", ["workload = 3"]),
        (HEAD, ["grid: is missing"]),
        (f"{HEAD}[grid]\nlane = [2]", ["unknown field 'lane'", "fifo_depth"]),
        (f"{HEAD}[grid]\nlanes = []", ["'lanes' has no values"]),
        (f"{HEAD}[grid]\nlanes = 2", ["grid.lanes", "list"]),
        (f'{HEAD}[grid]\nlanes = ["a"]', ["no point", "lanes = 'a'"]),
        (f'{HEAD}steps = "x"\n[grid]\nlanes = [2]', ["steps = 'x'"]),
        (f"{HEAD}[grid]\nlanes = {[1] * 400}\ncolumns = {[1] * 400}", ["160,000 points"]),
    ],
)
def test_wrong_space(cli: Cli, text: str, words: list[str]) -> None:
    Path("space.toml").write_text(text)
    cli("sweep", "space.toml", "-o", "out").refused("space.toml", *words)
    assert not Path("out").exists()


def test_unreadable_space(cli: Cli) -> None:
    cli("sweep", "absent.toml").refused("absent.toml", "No such file")
    Path("folder.toml").mkdir()
    cli("sweep", "folder.toml").refused("folder.toml", "it is a folder")
    Path("space.toml").write_text(f"{HEAD}{GRID}")
    cli("sweep", "space.toml", "-o", "space.toml/x").refused("space.toml/x", "-o")
