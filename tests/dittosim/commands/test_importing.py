import json
from pathlib import Path

import numpy as np
import pytest

from dittosim.importing.checkpoint import CONFIG_FILE, WEIGHT_FILES
from golden.difference.matmul import Mode
from golden.workload.workload import load_workload, shipped_workloads
from tests.helpers.command_line import Cli
from tests.helpers.diffusers_models import (
    CONDITION,
    CONTEXT_SHAPE,
    DIT,
    SDXL,
    UNET,
    inputs_for,
    write_model,
)

DEFAULT = ("--schedule", "default")


@pytest.mark.parametrize("config", [UNET, CONDITION, SDXL, DIT], ids=["unet", "sd", "sdxl", "dit"])
def test_imported_workload_samples_the_same_in_all_modes(cli: Cli, config: dict) -> None:
    write_model(Path("model"), config)
    options: list[object] = ["--steps", 2, "--images", 1, "--json", "-", *DEFAULT]
    if config is CONDITION:
        np.save("context.npy", np.random.default_rng(0).standard_normal((1, *CONTEXT_SHAPE)))
        options += ["--context", "context.npy"]
    if config is SDXL:
        tokens = np.random.default_rng(0).standard_normal((1, *CONTEXT_SHAPE))
        np.savez("inputs.npz", encoder_hidden_states=tokens, **inputs_for(SDXL))
        options += ["--inputs", "inputs.npz"]
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
    options = ("--steps", 1, "--images", 1, "--calibration", "percentile", "--size", 4, *DEFAULT)
    out = cli("import", "model", "-o", "w", *options).out
    assert "DDPM's default" in out
    assert "4 x 4 x 3" in out
    assert max(map(len, out.splitlines())) <= 80
    assert cli("simulate", "w", "-c", "tiny", "--steps", 1).code == 0


def test_nothing_is_written_when_the_model_is_damaged(cli: Cli, tmp_path: Path) -> None:
    folder = write_model(Path("model"), UNET)
    weights = folder / WEIGHT_FILES[0]
    weights.write_bytes(weights.read_bytes()[:-1])
    cli("import", "model", "-o", "workload", *DEFAULT).refused("cut short")
    (folder / CONFIG_FILE).unlink()
    cli("import", "model", "-o", "workload").refused("config.json")
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_existing_output_is_kept(cli: Cli) -> None:
    write_model(Path("model"), UNET)
    Path("taken").mkdir()
    Path("taken/file").write_text("mine")
    cli("import", "model", "-o", "taken", *DEFAULT).refused("taken exists already")
    assert Path("taken/file").read_text() == "mine"
    Path("empty").mkdir()
    assert cli("import", "model", "-o", "empty", "--steps", 1, "--images", 1, *DEFAULT).code == 0


def test_context_files(cli: Cli) -> None:
    write_model(Path("model"), CONDITION)

    def refused(*words: str) -> None:
        cli("import", "model", "-o", "w", "--context", "c.npy", *DEFAULT).refused(*words)

    cli("import", "model", "-o", "w", *DEFAULT).refused("--context", "(tokens, 12)")
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
    cli("import", "other", "-o", "w", "--context", "c.npy", *DEFAULT).refused("no context")
    assert not Path("w").exists()


def test_a_schedule_is_never_guessed(cli: Cli) -> None:
    """The file of the published layout lies beside config.json."""
    folder = write_model(Path("model"), UNET)
    quick = ("--steps", 2, "--images", 1)
    cli("import", "model", "-o", "w", *quick).refused("scheduler_config.json", "--schedule default")
    scheduler = {
        "_class_name": "DDIMScheduler",
        "prediction_type": "v_prediction",
        "beta_schedule": "scaled_linear",
    }
    (folder / "scheduler_config.json").write_text(json.dumps(scheduler))
    (folder / "model_index.json").write_text("{}")
    assert cli("import", "model", "-o", "w", *quick).code == 0
    schedule = load_workload("w").description.schedule
    assert (schedule.prediction, schedule.kind) == ("v_prediction", "scaled_linear")


def test_more_steps_than_times_are_refused_before_the_work(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: object, **__: object) -> None:
        raise AssertionError("began to work")

    folder = write_model(Path("model"), UNET)
    scheduler = {"_class_name": "DDPMScheduler", "num_train_timesteps": 10}
    (folder / "scheduler_config.json").write_text(json.dumps(scheduler))
    monkeypatch.setattr("dittosim.commands.importing.import_model", work)
    monkeypatch.setattr("dittosim.commands.importing.calibrate", work)
    for command in ("import", "capture"):
        cli(command, "model", "-o", "w").refused("50 steps", "10 times", "scheduler_config.json")
    assert not Path("w").exists()


def test_what_is_no_model(cli: Cli) -> None:
    folder = write_model(Path("model"), UNET)
    for command in ("import", "capture"):
        weights = folder / WEIGHT_FILES[0]
        cli(command, weights, "-o", "w").refused("is a file of weights: give its folder, model")
        cli(command, shipped_workloads()["digits-unet"], "-o", "w").refused("is a workload")
        cli(command, "digits-unet", "-o", "w").refused("is a workload")
        Path("trace").mkdir(exist_ok=True)
        Path("trace/trace.json").write_text("{}")
        cli(command, "trace", "-o", "w").refused("trace is a trace", "dittosim simulate")
    cli("import", "model", "-o", "w", "--size", "4y4", *DEFAULT).refused("--size 4y4")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("c.npz", b"PK\x03\x04 and more", "an archive (.npz or PyTorch's .pt)"),
        ("c.npy", b"PK\x03\x04 and more", "an archive"),
        ("c.pt", b"\x80\x02}q", "a pickle (.pt)"),
        ("c.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': Fal", "c.npy"),
        ("c.npy", b"\x93NUMPY\x07\x00", "version"),
    ],
)
def test_files_that_are_no_context(cli: Cli, name: str, content: bytes, words: str) -> None:
    write_model(Path("model"), CONDITION)
    Path(name).write_bytes(content)
    outcome = cli("import", "model", "-o", "w", "--context", name, *DEFAULT)
    outcome.refused(f"cannot read context {name}", words)
