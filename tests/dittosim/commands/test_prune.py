import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from golden.denoising.calibration import calibrate
from golden.difference.matmul import Mode
from golden.network.graph import IMAGE, Graph
from golden.pruning.clustering import Linkage
from golden.pruning.cost import node_costs
from golden.pruning.layer_sparsity import kept_counts
from golden.pruning.selection import Criterion
from golden.pruning.workload import prunable_layers, select_in_layers
from golden.workload.workload import WEIGHTS_FILE, WorkloadDescription, load_workload, save_workload
from tests.helpers.command_line import Cli, workload_copy
from tests.helpers.nodes import conv
from tests.helpers.tiny_digits import SCHEDULE, STEPS, save_tiny_digits


def test_digits_unet(cli: Cli) -> None:
    outcome = cli("prune", "digits-unet", "--sparsity", 0.5, "-o", "pruned", "--json", "p.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    before, after = load_workload("digits-unet"), load_workload("pruned")
    layers = prunable_layers(before.description.graph)
    counts = kept_counts(layers, before.weights, 0.5)
    selections = select_in_layers(layers, before.weights, counts)
    figures = json.loads(Path("p.json").read_text())
    assert figures["layers"].keys() == layers.keys()
    for name, entry in figures["layers"].items():
        assert entry["kept"] == selections[name].kept.tolist()
        assert entry["coverage"] == selections[name].coverage.tolist()
        kept = before.weights[f"{name}.bias"][entry["kept"]]
        np.testing.assert_array_equal(after.weights[f"{name}.bias"], kept)
        (row, *_) = [line for line in outcome.out.splitlines() if line.startswith(f" {name} ")]
        assert str(counts[name].wanted) in row.split()
        assert str(len(entry["kept"])) in row.split()
        rounded = f"{name}: {counts[name].wanted} filters rounded up to {counts[name].kept} for 8"
        assert (rounded in outcome.out) == (counts[name].wanted != counts[name].kept)
    assert figures["obstacles"]["up"] == "reaches concat 'concat'"
    for model, when in ((before, "before"), (after, "after")):
        costs = node_costs(model.description.graph, (16, 16, 1))
        assert costs.keys() == figures["nodes"].keys()
        for name, cost in costs.items():
            assert figures["nodes"][name]["macs"][when] == cost.macs
            assert figures["nodes"][name]["parameters"][when] == cost.parameters
        assert f"{sum(cost.parameters for cost in costs.values()):,}" in outcome.out
        assert f"{sum(cost.macs for cost in costs.values()) / 1e6:,.3f}" in outcome.out
    noise = after.noise(1, 0)
    images = [after.sample(mode, noise, 3) for mode in Mode]
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0], images[2])
    assert sorted(path.name for path in Path().iterdir()) == ["p.json", "pruned"]


@pytest.mark.parametrize("method", Criterion)
def test_methods(cli: Cli, method: Criterion) -> None:
    save_tiny_digits(Path("tiny"))
    arguments = ("--method", method, "--seed", 3, "-o", "out", "--json", "-")
    outcome = cli("prune", "tiny", "--sparsity", 0.5, *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert (figures["method"], figures["seed"], figures["columns"]) == (method, 3, 1)
    assert figures["linkage"] == ("ward" if method is Criterion.REPRUNE else None)
    summary = load_workload("out").description.summary
    assert summary.startswith(f"random weights; pruned ({method}")


def test_linkage(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    for linkage in Linkage:
        arguments = ("--sparsity", 0.5, "--linkage", linkage, "-o", linkage, "--json", "-")
        outcome = cli("prune", "tiny", *arguments)
        assert (outcome.code, outcome.err) == (0, "")
        assert json.loads(outcome.out)["linkage"] == linkage


@pytest.mark.parametrize(("config", "columns"), [(None, 16), ("tiny", 4)])
def test_rounding_to_columns(cli: Cli, config: str | None, columns: int) -> None:
    machine = ("--config", config) if config else ()
    arguments = ("--sparsity", 0.5, "--round-to-columns", *machine, "-o", "out", "--json", "-")
    outcome = cli("prune", "digits-unet", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert figures["columns"] == columns
    for entry in figures["layers"].values():
        assert len(entry["kept"]) % columns == 0
        assert len(entry["kept"]) >= entry["wanted"]


def test_layers_that_would_lose_all_stay_whole(cli: Cli) -> None:
    outcome = cli("prune", "digits-unet", "--sparsity", 0.9999, "-o", "out")
    assert (outcome.code, outcome.err) == (0, "")
    assert "encoder.conv0: no channel is above the threshold; the layer stays whole" in outcome.out
    parameters = [
        sum(w.size for w in load_workload(m).weights.values()) for m in ("out", "digits-unet")
    ]
    assert parameters[0] == parameters[1]


def test_pruned_again(cli: Cli) -> None:
    arguments = ("--sparsity", 0.5, "--method", "l1")
    assert cli("prune", "digits-unet", *arguments, "-o", "once").code == 0
    assert cli("prune", "once", *arguments, "-o", "twice", "--json", "twice.json").code == 0
    figures = json.loads(Path("twice.json").read_text())
    # Eight channels in eight groups are left of it.
    assert "groups" in figures["obstacles"]["encoder.conv0"]
    assert list(figures["layers"]) == ["middle.conv0", "decoder.conv0"]
    assert load_workload("twice").description.summary.count("pruned (l1)") == 2


def test_an_empty_folder_is_filled(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    Path("out").mkdir()
    assert cli("prune", "tiny", "--sparsity", 0, "-o", "out").code == 0
    assert load_workload("out").weights.keys() == load_workload("tiny").weights.keys()


def test_nothing_to_prune(cli: Cli) -> None:
    graph = Graph(nodes=(conv("only", IMAGE, 1, 2),))
    weights = {name: np.ones(s, np.float32) for name, s in graph.parameter_shapes().items()}
    description = WorkloadDescription(
        summary="one layer",
        image_shape=(4, 4, 1),
        steps=STEPS,
        schedule=SCHEDULE,
        graph=graph,
        formats=calibrate(graph, weights, SCHEDULE, np.ones((1, 4, 4, 1)), STEPS),
    )
    save_workload(Path("one"), description, weights)
    outcome = cli("prune", "one", "--sparsity", 0.5, "-o", "out")
    outcome.refused("no layer to prune", "'only'", "reaches the output")
    assert not Path("out").exists()


def test_weights_that_are_not_finite(cli: Cli) -> None:
    folder = workload_copy(Path("damaged"))
    weights = safetensors.numpy.load_file(folder / WEIGHTS_FILE)
    weights["middle.conv0.weight"][0] = np.nan
    safetensors.numpy.save_file(weights, folder / WEIGHTS_FILE)
    outcome = cli("prune", "damaged", "--sparsity", 0.5, "-o", "out")
    outcome.refused("middle.conv0.weight", "not finite")
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere", "--sparsity", 0.5], ["no workload 'nowhere'"]),
        (["digits-unet"], ["--sparsity"]),
        (["digits-unet", "--sparsity", 1], ["sparsity 1.0", "at least 0 and below 1"]),
        (["digits-unet", "--sparsity", -0.1], ["sparsity -0.1"]),
        (["digits-unet", "--sparsity", "nan"], ["sparsity nan"]),
        (["digits-unet", "--sparsity", "half"], ["--sparsity", "valid number"]),
        (["digits-unet", "--sparsity", 0.5, "--method", "l2"], ["'l2'", "reprune", "fpgm"]),
        (["digits-unet", "--sparsity", 0.5, "--linkage", "median"], ["'median'", "ward"]),
        (
            ["digits-unet", "--sparsity", 0.5, "--method", "l1", "--linkage", "ward"],
            ["--linkage has no effect on --method l1"],
        ),
        (["digits-unet", "--sparsity", 0.5, "--config", "tiny"], ["--round-to-columns"]),
        (
            ["digits-unet", "--sparsity", 0.5, "--round-to-columns", "--config", "huge"],
            ["no preset 'huge'"],
        ),
        (
            ["digits-unet", "--sparsity", 0.5, "-o", "/dev/null/out"],
            ["cannot write to folder", "-o"],
        ),
        (["digits-unet", "--sparsity", 0.5, "-o", "."], ["exists already", "-o"]),
        (["digits-unet", "--sparsity", 0.5, "--json", "."], ["cannot write .", "folder"]),
    ],
)
def test_wrong_use(cli: Cli, arguments: list[object], words: list[str]) -> None:
    output = () if "-o" in arguments else ("-o", "out")
    cli("prune", *arguments, *output).refused(*words)
    assert not list(Path().iterdir())


def test_a_folder_in_use(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    before = {path: path.read_bytes() for path in Path("tiny").iterdir()}
    cli("prune", "tiny", "--sparsity", 0.5, "-o", "tiny").refused("tiny exists already", "-o")
    assert {path: path.read_bytes() for path in Path("tiny").iterdir()} == before


def test_nothing_is_left_of_a_failure(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dittosim.commands.prune.save_workload", full)
    save_tiny_digits(Path("tiny"))
    cli("prune", "tiny", "--sparsity", 0.5, "-o", "out").refused("No space left")
    assert [path.name for path in Path().iterdir()] == ["tiny"]
