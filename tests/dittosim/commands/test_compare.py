from pathlib import Path

import pandas as pd
import pytest

from dittosim.commands.compare import comparison_table
from dittosim.console import console
from dittosim.training.comparison import UNPRUNED
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import save_tiny_digits

WHOLE = """
seeds = [0, 1]
sparsities = [0.5]
[training]
model = "resnet"
epochs = 1
batch = 450
[pruning]
every = 1
until = 1
[variants]
reprune = {}
norms = { method = "l1" }
"""


def test_results_and_going_on(cli: Cli):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    Path("comparison.toml").write_text(WHOLE)
    outcome = cli("compare", "comparison.toml", "-o", "out", "-j", 1)
    assert (outcome.code, outcome.err) == (0, "")
    results = pd.read_parquet("out/results.parquet")
    assert sorted(set(zip(results["variant"], results["seed"], strict=True))) == sorted(
        (variant, seed) for variant in (UNPRUNED, "reprune", "norms") for seed in (0, 1)
    )
    unpruned = results["variant"] == UNPRUNED
    assert (results["macs"] == results["macs_before"])[unpruned].all()
    assert results["score"].between(0, 1).all()
    assert Path("out/comparison.png").read_bytes().startswith(b"\x89PNG")
    points = {path: path.stat().st_mtime_ns for path in Path("out/points").glob("*.json")}
    assert len(points) == 6
    # Only what is new is trained; a renamed variant is not new.
    Path("comparison.toml").write_text(WHOLE.replace("norms", "smallest").replace("0, 1", "0, 2"))
    assert cli("compare", "comparison.toml", "-o", "out", "-j", 1).code == 0
    assert set(pd.read_parquet("out/results.parquet")["variant"]) == {
        UNPRUNED,
        "reprune",
        "smallest",
    }
    after = {path: path.stat().st_mtime_ns for path in Path("out/points").glob("*.json")}
    assert len(after) == 9
    assert after.items() >= points.items()
    Path("comparison.toml").write_text(WHOLE.replace("450", "400"))
    cli("compare", "comparison.toml", "-o", "out").refused("comparison with other settings", "-o")


def test_mean_and_spread(capsys):
    rows = [
        {"variant": variant, "sparsity": sparsity, "seed": seed, "measure": "held-out accuracy"}
        | {"score": score, "loss": 0.25, "macs": 50, "macs_before": 100, "coverage": coverage}
        for variant, sparsity, coverage in ((UNPRUNED, 0, None), ("reprune", 0.5, 0.875))
        for seed, score in enumerate((0.9, 0.92, 0.94))
    ]
    console.print(comparison_table(pd.DataFrame(rows), "title"))
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line.split() for line in lines if "reprune" in line)
    assert line == [
        "reprune,",
        "0.5",
        "50.0",
        "92.00",
        "+-",
        "2.00",
        "0.2500",
        "+-",
        "0.0000",
        "87.5",
    ]
    (line,) = (line.split() for line in lines if UNPRUNED in line)
    assert " ".join(line) == "no pruning 50.0 92.00 +- 2.00 0.2500 +- 0.0000"


def test_wrong_use_is_refused(cli: Cli, monkeypatch):
    cli("compare", "none.toml", "-o", "out").refused("cannot read none.toml")
    Path("comparison.toml").write_text(WHOLE)
    monkeypatch.setattr("dittosim.commands.train.find_spec", lambda _: None)
    cli("compare", "comparison.toml", "-o", "out").refused("training needs torch")
    assert not Path("out").exists()


def test_a_changed_workload_is_other_settings(cli: Cli, monkeypatch):
    """Points of before and after the change are not mixed."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    seen = []
    monkeypatch.setattr("dittosim.commands.compare.run_points", lambda *a: seen.append(a) or 1 / 0)
    folder = save_tiny_digits(Path("tiny"))
    Path("comparison.toml").write_text(WHOLE.replace("resnet", str(folder.resolve())))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            cli("compare", "comparison.toml", "-o", "out")
    path = folder / "workload.json"
    path.write_text(path.read_text().replace('"steps": 3', '"steps": 4'))
    cli("compare", "comparison.toml", "-o", "out").refused("comparison with other settings", "-o")
    assert len(seen) == 2
