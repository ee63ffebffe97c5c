import json
from pathlib import Path

import numpy as np
import pytest

from dittosim.plots import percentages
from dittosim.quality.bit_widths import temporal_bit_widths
from dittosim.quality.evaluation import evaluate
from dittosim.quality.reference import load_reference
from golden.denoising.calibration import Calibration
from golden.difference.matmul import Mode
from golden.workload.recalibration import recalibrated
from golden.workload.workload import load_workload
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import STEPS, save_tiny_digits

PNG = b"\x89PNG"


def test_figures_are_those_of_the_library(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    arguments = ("--images", 8, "--steps", 2, "--seed", 3, "--calibration", "mse", "--json", "-")
    outcome = cli("quality", "tiny", *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert (figures["workload"], figures["images"], figures["steps"]) == ("tiny", 8, 2)
    assert figures["real_digits"] == {
        "frechet_distance_of_halves": load_reference().halves_distance,
        "held_out_accuracy": load_reference().held_out_accuracy,
    }

    workload = load_workload("tiny")
    noise, labels = workload.noise(8, 3), workload.labels(8)
    wanted = workload.sample_float(noise, 2)
    expected = evaluate(wanted, labels)
    found = figures["models"].pop("float32")
    assert found["frechet_distance"] == pytest.approx(expected.distance)
    assert found["accuracy"] == expected.accuracy
    assert (found["over_float32"], found["image_difference"]) == (1, 0)
    assert found["temporal_bit_widths_percent"] is None

    integer = {
        "int8, as shipped": workload,
        "int8, mse": recalibrated(workload, Calibration.MSE),
    }
    assert figures["models"].keys() == integer.keys()
    for name, model in integer.items():
        found, images = figures["models"][name], model.sample(Mode.TEMPORAL, noise, 2)
        quality = evaluate(images, labels)
        assert found["frechet_distance"] == pytest.approx(quality.distance)
        assert found["over_float32"] == pytest.approx(quality.distance / expected.distance)
        assert found["accuracy"] == quality.accuracy
        assert found["image_difference"] == pytest.approx(np.abs(images - wanted).mean())
        widths = percentages(temporal_bit_widths(model, noise[:4], 2))
        assert found["temporal_bit_widths_percent"] == pytest.approx(widths)


def test_batches_do_not_matter(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    found = []
    for batch in (3, 8):
        outcome = cli("quality", "tiny", "--images", 8, "--batch", batch, "--json", "-")
        found.append(json.loads(outcome.out)["models"]["int8, as shipped"])
    # The integer model's images are the same to the bit, the float32 model's are not.
    for key in ("frechet_distance", "accuracy", "temporal_bit_widths_percent"):
        assert found[0][key] == found[1][key]


def test_tables_and_sheet(cli: Cli) -> None:
    save_tiny_digits(Path("tiny"))
    arguments = [
        word for method in ("absmax", "percentile", "mse") for word in ("--calibration", method)
    ]
    outcome = cli("quality", "tiny", "--images", 8, *arguments, "-o", "out", "--json", "q.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    assert f"tiny: 8 images in {STEPS} steps" in outcome.out
    models = json.loads(Path("q.json").read_text())["models"]
    assert len(models) == 5
    for name, figures in models.items():
        (row, *widths) = [line for line in outcome.out.splitlines() if line.startswith(f" {name} ")]
        assert f"{figures['frechet_distance']:.2f}" in row
        assert f"{100 * figures['accuracy']:.1f}" in row
        assert len(widths) == (name != "float32")
    assert "half of the real digits" in outcome.out
    assert [path.name for path in Path("out").iterdir()] == ["images.png"]
    assert Path("out/images.png").read_bytes().startswith(PNG)
    # Calibrated as it was saved.
    assert models["int8, absmax"] == models["int8, as shipped"]


def test_model_without_classes(cli: Cli) -> None:
    arguments = ("--images", 2, "--steps", 1)
    outcome = cli("quality", "digits-unet", *arguments, "--json", "q.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert "temporal" not in outcome.out  # one step has no step before it
    models = json.loads(Path("q.json").read_text())["models"]
    assert {entry["accuracy"] for entry in models.values()} == {None}


def test_other_images(cli: Cli) -> None:
    save_tiny_digits(Path("large"), image=(32, 32, 1))
    outcome = cli("quality", "large", "-o", "out", "--json", "q.json")
    outcome.refused("16 x 16 x 1", "'large'", "32 x 32 x 1")
    assert [path.name for path in Path().iterdir()] == ["large"]


def test_other_classes(cli: Cli) -> None:
    save_tiny_digits(Path("few"), classes=3)
    cli("quality", "few").refused("10 digits", "'few' has 3 classes")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], ["no workload 'nowhere'"]),
        (["digits-unet", "--images", 1], ["--images", "2"]),
        (["digits-unet", "--batch", 0], ["--batch", "1"]),
        (["digits-unet", "--calibration", "best"], ["'best'", "absmax", "percentile", "mse"]),
        (["digits-unet", "--json", "."], ["cannot write .", "folder"]),
        (["digits-unet", "-o", "/dev/null/out"], ["cannot write to folder", "-o"]),
    ],
)
def test_wrong_use(cli: Cli, arguments: list[object], words: list[str]) -> None:
    cli("quality", *arguments).refused(*words)
    assert not list(Path().iterdir())
