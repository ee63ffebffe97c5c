import json
import os
import re
import signal
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
import safetensors.numpy

import sim.run.activations
from golden.machine.config import load_config, make_config
from golden.workload.workload import WEIGHTS_FILE, Workload, load_workload
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


def test_machines_on_dram(cli: Cli) -> None:
    """Their DRAM is in the results, and the machines can be made again from that."""
    save_tiny_digits(Path("tiny"))
    Path("space.toml").write_text(
        'workload = "tiny"\nbase = "tiny"\nsteps = 1\n[grid]\n'
        'dram = ["lpddr4-3200", { standard = "hbm2", channels = 2 }]\n'
    )
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1)
    assert (outcome.code, outcome.err) == (0, "")
    results = pd.read_parquet("out/results.parquet")
    assert results["dram"].tolist() == ["lpddr4-3200", '{"standard": "hbm2", "channels": 2}']
    for text, digest in zip(results["dram"], results["hash"], strict=True):
        dram = json.loads(text) if text.startswith("{") else text
        machine = make_config({**load_config("tiny").model_dump(), "dram": dram}, "a row")
        assert machine.digest() == digest


def test_figures_as_json(cli: Cli) -> None:
    """All points, each field and figure, alone on stdout."""
    save_tiny_digits(Path("tiny"))
    Path("space.toml").write_text(
        'workload = "tiny"\nsteps = 2\nscope = "tiles"\n[grid]\nlanes = [2, 4]\n'
    )
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1, "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    points = json.loads(outcome.out)["points"]
    results = pd.read_parquet("out/results.parquet")
    assert [point["lanes"] for point in points] == [2, 4]
    assert [point["cycles"] for point in points] == results["cycles"].tolist()


def test_no_machine_runs_the_workload(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    Path("space.toml").write_text('workload = "tiny"\n[grid]\ncolumns = [8]\n')
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1)
    outcome.refused("no machine of the grid runs tiny", "columns")
    assert not Path("out/results.parquet").exists()


def test_damaged_files_are_put_aside(cli: Cli) -> None:
    Path("space.toml").write_text(f"{HEAD}steps = 1\n{GRID}")
    arguments = ("sweep", "space.toml", "-o", "out", "-j", 1)
    assert cli(*arguments).code == 0
    results = Path("out/results.parquet").read_bytes()
    (points,) = Path("out/points").glob("*.parquet")
    whole = points.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", whole[:100] + bytes(100) + whole[200:], results):
        points.write_bytes(damaged)
        outcome = cli(*arguments)
        assert outcome.code == 0
        assert outcome.err.startswith(f"no points of a sweep, computed again: {points}: ")
        assert len(outcome.err.splitlines()) == 1
        assert points.with_suffix(".damaged").read_bytes() == damaged
        assert points.read_bytes() == whole
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


@pytest.mark.parametrize("scope", ["tiles", "steps"])
def test_activations_are_computed_once(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    save_tiny_digits(Path("tiny"))
    runs: list[Workload] = []
    compute = Workload.sample
    monkeypatch.setattr(
        Workload, "sample", lambda self, *a, **k: (runs.append(self), compute(self, *a, **k))[1]
    )
    Path("space.toml").write_text(
        f'workload = "tiny"\nscope = "{scope}"\nsteps = 2\n[grid]\nfifo_depth = [2, 4, 8]\n'
        "columns = [16, 32]\n"
    )
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1).code == 0
    assert len(runs) == 1
    monkeypatch.setattr(sim.run.activations, "LIMIT_BYTES", 0)
    assert cli("sweep", "space.toml", "-o", "anew", "-j", 1).code == 0
    assert len(runs) == 1 + 1 + 6  # it is begun once, to see that it is too much
    found, anew = (pd.read_parquet(f"{name}/results.parquet") for name in ("out", "anew"))
    pd.testing.assert_frame_equal(found, anew, check_exact=False, rtol=1e-12)


def test_several_workloads_and_flows(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    save_tiny_digits(Path("other"))
    space = (
        'workload = ["tiny", "other"]\nflow = ["temporal", "defo"]\nsteps = 2\n'
        "conditions = [\"flow == 'defo' or memory_interval > 1\"]\n"
        '[objectives]\nmoved_bytes = "min"\nclock_ns = "max"\n'
        "[grid]\nmemory_interval = { from = 1, to = 4, times = 2 }\n"
    )
    Path("space.toml").write_text(space)
    outcome = cli("sweep", "space.toml", "-o", "out", "-j", 1)
    assert (outcome.code, outcome.err) == (0, "")
    assert "1 of 6 points break a condition and are left out" in outcome.out
    results = pd.read_parquet("out/results.parquet")
    points = list(
        zip(results["workload"], results["flow"], results["memory_interval"], strict=True)
    )
    rest = [("temporal", 2), ("temporal", 4), ("defo", 1), ("defo", 2), ("defo", 4)]
    assert points == [(name, *one) for name in ("tiny", "other") for one in rest]
    for name in ("tiny", "other"):
        alike = results[results["workload"] == name]
        least = alike["moved_bytes"] == alike["moved_bytes"].min()
        assert (alike["pareto"] == least).all()  # all have the same clock
    assert len(set(results["point"])) == 10
    more = space.replace("to = 4", "to = 8").replace('"other"]', '"other", "digits-unet"]')
    Path("space.toml").write_text(more)
    before = {path: path.stat().st_mtime_ns for path in Path("out/points").glob("*.parquet")}
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1).code == 0
    assert (
        before.items()
        <= {path: path.stat().st_mtime_ns for path in Path("out/points").glob("*.parquet")}.items()
    )
    again = pd.read_parquet("out/results.parquet")
    assert len(again) == 3 * 7
    pd.testing.assert_frame_equal(
        again[again["point"].isin(results["point"])].drop(columns="pareto").reset_index(drop=True),
        results.drop(columns="pareto"),
    )


def test_results_say_what_they_are_of(cli: Cli) -> None:
    Path("space.toml").write_text(f"{HEAD}steps = 1\nseed = 3\n{GRID}[random]\npoints = 3\n")
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1).code == 0
    files = [Path("out/results.parquet"), *Path("out/points").glob("*.parquet")]
    for path in files:
        about = json.loads(pq.read_schema(path).metadata[b"dittosim"])
        assert about["settings"]["dittosim"] == version("dittosim")
        assert about["settings"]["seed"] == 3
        assert about["settings"]["workloads"] == {
            "digits-unet": load_workload("digits-unet").digest
        }
        assert about["versions"]["numpy"] == version("numpy")
    about = json.loads(pq.read_schema(files[0]).metadata[b"dittosim"])
    assert about["space"]["random"] == {"points": 3, "seed": 0}


def test_results_of_another_version_are_kept(cli: Cli) -> None:
    Path("space.toml").write_text(f"{HEAD}steps = 1\n{GRID}")
    arguments = ("sweep", "space.toml", "-o", "out", "-j", 1)
    assert cli(*arguments).code == 0
    settings = Path("out/points/settings.json")
    settings.write_text(settings.read_text().replace(version("dittosim"), "0.0.7"))
    before = {path: path.read_bytes() for path in Path("out").rglob("*.*")}
    cli(*arguments).refused("out holds results of dittosim 0.0.7", "-o", "--force")
    settings.write_text("{}")
    cli(*arguments).refused("points/settings.json is not what a sweep writes", "-o", "--force")
    settings.write_text("{")
    cli(*arguments).refused("points/settings.json")
    settings.write_bytes(before[settings])
    assert before == {path: path.read_bytes() for path in Path("out").rglob("*.*")}
    assert cli(*arguments, "--force").code == 0


def test_a_search_finds_the_front(cli: Cli) -> None:
    """And goes on where it stopped, to the same points, wherever they are computed."""
    head = f"{HEAD}steps = 1\n[grid]\nbeat_elements = [4, 8]\n"
    axes = "fifo_depth = { from = 1, to = 16 }\ncolumns = { from = 4, to = 32, step = 4 }\n"
    Path("all.toml").write_text(head + axes)
    assert cli("sweep", "all.toml", "-o", "all", "-j", 1).code == 0
    whole = pd.read_parquet("all/results.parquet")
    Path("space.toml").write_text(f"{head}{axes}[search]\npoints = 60\n")
    assert cli("sweep", "space.toml", "-o", "out", "-j", 1).code == 0
    found = pd.read_parquet("out/results.parquet")
    assert len(found) == len(set(found["point"])) == 60
    assert set(found["point"]) <= set(whole["point"])
    front = set(whole[whole["pareto"]]["point"])
    hits = len(front & set(found["point"]))
    assert hits / len(front) > 1.4 * 60 / len(whole), "better than drawing at random"
    Path("few.toml").write_text(f"{head}{axes}[search]\npoints = 25\n")
    assert cli("sweep", "few.toml", "-o", "steps", "-j", 1).code == 0
    assert (
        pd.read_parquet("steps/results.parquet")["point"].tolist() == found["point"].tolist()[:25]
    )
    assert cli("sweep", "space.toml", "-o", "steps", "-j", 1).code == 0
    assert Path("steps/results.parquet").read_bytes() == Path("out/results.parquet").read_bytes()


MANY = (
    'workload = "digits-unet"\nsteps = 20\n[grid]\nmemory_interval = { from = 1, to = 64 }\n'
    "vector_bits = [16, 32]\n"
)
"""A minute of work"""


def wait_for_points(folder: Path, process: subprocess.Popen[str]) -> list[Path]:
    deadline = time.monotonic() + 300
    while not (found := list(folder.glob("*.parquet"))):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    return found


def test_interrupted_sweep_goes_on(tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(MANY)
    arguments = ("sweep", "space.toml", "-o", "out", "-j", "2")
    process = spawn(*arguments, cwd=tmp_path)
    points = tmp_path / "out" / "points"
    wait_for_points(points, process)
    other = spawn(*arguments, cwd=tmp_path)
    _, err = other.communicate(timeout=300)
    assert other.returncode == 2
    assert err.startswith("error: another sweep is at work in out: ")
    assert len(err.splitlines()) == 1
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    err = without_progress(err)
    assert re.fullmatch(r"interrupted: \d+ of 128 points are done; the same command .*\n", err)
    assert not list(tmp_path.rglob("*.part"))
    assert not (tmp_path / "out/results.parquet").exists()
    before = {path: path.stat().st_mtime_ns for path in points.glob("*.parquet")}
    done = sum(len(pd.read_parquet(path)) for path in before)
    assert 0 < done < 128
    assert f"{done} of 128" in err
    (tmp_path / "space.toml").write_text(MANY.replace("64", "8"))
    process = spawn(*arguments, cwd=tmp_path)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, without_progress(err)) == (0, "")
    assert before.items() <= {p: p.stat().st_mtime_ns for p in points.glob("*.parquet")}.items()
    assert len(pd.read_parquet(tmp_path / "out/results.parquet")) == 16
    assert (tmp_path / "out/pareto.png").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_a_killed_sweep_goes_on(tmp_path: Path) -> None:
    """Outright: what it began to write is no results, its workers are gone, the folder is free."""
    (tmp_path / "space.toml").write_text(MANY)
    arguments = ("sweep", "space.toml", "-o", "out", "-j", "2")
    process = spawn(*arguments, cwd=tmp_path)
    points = tmp_path / "out" / "points"
    wait_for_points(points, process)
    workers = psutil.Process(process.pid).children(recursive=True)
    assert len(workers) >= 2
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert alive == []
    (points / f"x.parquet.{process.pid}.part").write_text("half")
    before = {path: path.stat().st_mtime_ns for path in points.glob("*.parquet")}
    (tmp_path / "space.toml").write_text(MANY.replace("64", "8"))
    process = spawn(*arguments, cwd=tmp_path)
    _, err = process.communicate(timeout=300)
    assert (process.returncode, without_progress(err)) == (0, "")
    assert before.items() <= {p: p.stat().st_mtime_ns for p in points.glob("*.parquet")}.items()
    assert len(pd.read_parquet(tmp_path / "out/results.parquet")) == 16
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= 3", ["not valid TOML"]),
        ("workload = 3\n[grid]\nlanes = [2]", ["workload = 3"]),
        (HEAD, ["grid: is missing"]),
        (f"{HEAD}[grid]\nlane = [2]", ["unknown field 'lane'", "fifo_depth"]),
        (f"{HEAD}[grid]\nlanes = []", ["grid.lanes", "has 0 entries"]),
        (f"{HEAD}[grid]\nlanes = {{ from = 8, to = 2 }}", ["grid.lanes: from = 8 is above to = 2"]),
        (f"{HEAD}[grid]\nlanes = {{ from = 2, until = 8 }}", ["grid.lanes.to: is missing"]),
        (f"{HEAD}[grid]\nlanes = {{ from = 2, to = 8, step = 0 }}", ["step = 0"]),
        (f"{HEAD}[grid]\nlanes = {{ from = 0, to = 8, times = 2 }}", ["from = 0", "times"]),
        (f"{HEAD}[grid]\nlanes = {{ from = 1, to = 8, times = 2, step = 1 }}", ["one of them"]),
        (f"{HEAD}[grid]\nlanes = {{ from = 1, to = 999999999 }}", ["999,999,999 values"]),
        (f"{HEAD}conditions = ['lane < 4']\n{GRID}", ["condition 'lane < 4' names 'lane'"]),
        (f"{HEAD}conditions = ['lanes <']\n{GRID}", ["condition 'lanes <' is no expression"]),
        (f"{HEAD}conditions = ['lanes']\n{GRID}", ["gives 2, neither true nor false"]),
        (f"{HEAD}conditions = ['lanes / 0 > 1']\n{GRID}", ["has no answer"]),
        (
            f"{HEAD}conditions = ['lanes > 99']\n{GRID}",
            ["6 break a condition; 3 are impossible, the first: "],
        ),
        (f"{HEAD}objectives = {{ speed = 'max' }}\n{GRID}", ["no figure 'speed'", "over_bound"]),
        (f"{HEAD}objectives = {{ cycles = 'least' }}\n{GRID}", ["objectives.cycles = 'least'"]),
        (f"{HEAD}{GRID}[random]\npoints = 0", ["random.points = 0"]),
        (f"{HEAD}{GRID}[search]\nseed = 0", ["search.points: is missing"]),
        (f"{HEAD}{GRID}[search]\npoints = 3\n[random]\npoints = 3", ["random and search"]),
        (f"{HEAD}[grid]\nlanes = 2", ["grid.lanes", "list"]),
        (f'{HEAD}[grid]\nlanes = ["a"]', ["no point", "lanes = 'a'"]),
        (f'{HEAD}steps = "x"\n[grid]\nlanes = [2]', ["steps = 'x'"]),
        (
            HEAD + "[grid]\ninput_beats = { from = 1, to = 400 }\ncolumns = { from = 1, to = 400 }",
            ["160,000 points"],
        ),
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
