import json
from pathlib import Path

import numpy as np
import pytest

from dittosim.importing.checkpoint import CONFIG_FILE, WEIGHT_FILES
from golden.difference.matmul import Mode
from golden.workload.workload import load_workload
from tests.helpers.command_line import Cli
from tests.helpers.diffusers_models import CONDITION, CONTEXT_SHAPE, DIT, UNET, write_model


@pytest.mark.parametrize("config", [UNET, CONDITION, DIT], ids=lambda c: c["_class_name"])
def test_imported_workload_samples_the_same_in_all_modes(cli: Cli, config: dict) -> None:
    write_model(Path("model"), config)
    options: list[object] = ["--steps", 2, "--images", 1, "--json", "-"]
    if config is CONDITION:
        np.save("context.npy", np.random.default_rng(0).standard_normal((1, *CONTEXT_SHAPE)))
        options += ["--context", "context.npy"]
    outcome = cli("import", "model", "-o", "made/workload", *options)
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert figures["schedule"] == "DDPM's default"

    workload = load_workload("made/workload")
    assert figures["class"] == config["_class_name"]
    assert figures["layers"] == len(workload.layers())
    assert figures["steps"] == workload.description.steps == 2
    noise = workload.noise(2, seed=1)
    images = {mode: workload.sample(mode, noise) for mode in Mode}
    assert np.isfinite(images[Mode.ACT]).all()
    for mode in Mode:
        np.testing.assert_array_equal(images[mode], images[Mode.ACT])


def test_table(cli: Cli) -> None:
    write_model(Path("model"), UNET)
    options = ("--steps", 1, "--images", 1, "--calibration", "percentile", "--size", 4)
    out = cli("import", "model", "-o", "w", *options).out
    assert out.startswith("model has no scheduler: DDPM's default noise schedule is taken")
    assert "4 x 4 x 3" in out
    assert max(map(len, out.splitlines())) <= 80
    assert cli("simulate", "w", "-c", "tiny", "--steps", 1).code == 0


def test_nothing_is_written_when_the_model_is_damaged(cli: Cli, tmp_path: Path) -> None:
    folder = write_model(Path("model"), UNET)
    weights = folder / WEIGHT_FILES[0]
    weights.write_bytes(weights.read_bytes()[:-1])
    cli("import", "model", "-o", "workload").refused("cut short")
    (folder / CONFIG_FILE).unlink()
    cli("import", "model", "-o", "workload").refused("config.json")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_existing_output_is_kept(cli: Cli) -> None:
    write_model(Path("model"), UNET)
    Path("taken").mkdir()
    Path("taken/file").write_text("mine")
    cli("import", "model", "-o", "taken").refused("taken exists already")
    assert Path("taken/file").read_text() == "mine"
    Path("empty").mkdir()
    assert cli("import", "model", "-o", "empty", "--steps", 1, "--images", 1).code == 0


def test_context_files(cli: Cli) -> None:
    write_model(Path("model"), CONDITION)

    def refused(*words: str) -> None:
        cli("import", "model", "-o", "w", "--context", "c.npy").refused(*words)

    cli("import", "model", "-o", "w").refused("--context", "(tokens, 12)")
    refused("cannot read context c.npy")
    Path("c.npy").write_text("no array")
    refused("cannot read context c.npy")
    np.save("c.npy", np.zeros((5, 12), np.int64))
    refused("c.npy", "int64 (5, 12)")
    np.save("c.npy", np.zeros((2, 5, 12)))
    refused("c.npy", "float64 (2, 5, 12)")
    np.save("c.npy", np.full((5, 12), np.inf))
    refused("c.npy", "not finite")
    np.save("c.npy", np.zeros((5, 13)))
    refused("cross_attention_dim = 12", "(5, 13)")
    np.save("c.npy", np.array([{}]), allow_pickle=True)
    refused("cannot read context c.npy")
    whole = np.zeros((5, 12))
    np.save("c.npy", whole)
    Path("c.npy").write_bytes(Path("c.npy").read_bytes()[:300])
    refused("cannot read context c.npy")
    write_model(Path("other"), UNET)
    np.save("c.npy", whole)
    cli("import", "other", "-o", "w", "--context", "c.npy").refused("no context")
    assert not Path("w").exists()
