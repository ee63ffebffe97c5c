import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from golden.difference.matmul import Mode
from golden.floating.execution import run_graph
from golden.network.graph import Graph
from golden.workload.workload import load_workload
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import save_tiny_digits

PRUNING = "[pruning]\nsparsity = 0.5\nevery = 1\nuntil = 1\n"


def write(text: str, name: str = "training.toml") -> str:
    Path(name).write_text(text)
    return name


class TestWithTheExtra:
    @pytest.fixture(autouse=True)
    def _fast(self, monkeypatch):
        pytest.importorskip("torch")
        pytest.importorskip("sklearn")
        from dittosim.training import tasks

        monkeypatch.setattr(tasks, "SCORED_IMAGES", 4)
        monkeypatch.setattr(tasks, "SCORED_STEPS", 2)

    def test_a_workload_comes_out(self, cli: Cli):
        folder = save_tiny_digits(Path("tiny"))
        config = write(f'model = "{folder}"\nepochs = 2\n{PRUNING}')
        outcome = cli("train", config, "-o", "out")
        assert (outcome.code, outcome.err) == (0, "")
        assert "Frechet distance" in outcome.out
        assert "MACs of an image" in outcome.out
        names = {"training.json", "weights.safetensors", "workload.json"}
        assert {path.name for path in Path("out").iterdir()} == names
        report = json.loads(Path("out/training.json").read_text())
        assert report["after"]["macs"] < report["before"]["macs"]
        assert report["measure"] == "Frechet distance"
        assert report["config"]["pruning"]["sparsity"] == 0.5
        assert len(report["losses"]) == 2
        workload = load_workload("out")
        assert workload.description.summary.endswith("; reprune 0.5 while training")
        noise = workload.noise(1, 0)
        images = [workload.sample(mode, noise) for mode in Mode]
        np.testing.assert_array_equal(images[0], images[1])
        np.testing.assert_array_equal(images[0], images[2])
        cli("train", config, "-o", "out").refused("out/training.json exists", "-o", "--force")

    def test_a_classifier_comes_out(self, cli: Cli):
        outcome = cli("train", write(f'model = "resnet"\nepochs = 2\n{PRUNING}'), "-o", "out")
        assert (outcome.code, outcome.err) == (0, "")
        assert "held-out accuracy" in outcome.out
        graph = Graph.model_validate_json(Path("out/graph.json").read_text())
        weights = safetensors.numpy.load_file("out/weights.safetensors")
        scores = run_graph(graph, weights, np.zeros((2, 16, 16, 1), np.float32), time=0)
        assert scores.shape == (2, 1, 1, 10)
        assert 0 <= json.loads(Path("out/training.json").read_text())["score"] <= 1

    def test_a_foreign_checkpoint_is_refused(self, cli: Cli):
        Path("out").mkdir()
        Path("out/checkpoint.pt").write_text("nothing")
        config = write('model = "resnet"\nepochs = 1\n')
        cli("train", config, "-o", "out").refused("checkpoint", "remove it")


def test_wrong_use_is_refused(cli: Cli, monkeypatch):
    cli("train", "none.toml", "-o", "out").refused("cannot read none.toml")
    cli("train", write("epochs = 1\n"), "-o", "out").refused("training.toml", "model")
    monkeypatch.setattr("dittosim.commands.train.find_spec", lambda _: None)
    config = write('model = "resnet"\nepochs = 1\n')
    cli("train", config, "-o", "out").refused(
        "training needs torch", "make extras", "pip install -e '.[train,capture]'"
    )
    assert not Path("out").exists()
