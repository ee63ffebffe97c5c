import json
from pathlib import Path

import numpy as np
import pytest

from golden.denoising.samplers import Sampler
from golden.difference.matmul import Mode
from golden.workload.workload import Workload, load_workload
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import STEPS, save_tiny_digits


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_digits(tmp_path_factory.mktemp("workloads") / "tiny")


@pytest.mark.parametrize("flow", ["original", "temporal", "spatial", "defo", "defo+"])
@pytest.mark.parametrize("sampler", Sampler)
def test_every_flow_and_sampler(cli: Cli, tiny: Path, flow: str, sampler: Sampler) -> None:
    arguments = ("--count", 3, "--seed", 5, "--flow", flow, "--sampler", sampler, "-o", "out")
    outcome = cli("sample", tiny, *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    workload = load_workload(str(tiny))
    expected = workload.sample(Mode.ACT, workload.noise(3, 5), sampler=sampler, seed=5)
    np.testing.assert_array_equal(np.load("out/images.npy"), expected)
    assert Path("out/images.png").read_bytes().startswith(b"\x89PNG")
    written = json.loads(Path("out/sample.json").read_text())
    assert written == {
        "workload": "tiny",
        "count": 3,
        "steps": STEPS,
        "seed": 5,
        "sampler": sampler.value,
        "flow": flow,
        "classes": [0, 1, 2],
    }


def test_float_is_another_model(cli: Cli, tiny: Path) -> None:
    assert cli("sample", tiny, "--flow", "float", "--count", 1, "--steps", 2, "-o", "a").code == 0
    assert cli("sample", tiny, "--count", 1, "--steps", 2, "-o", "b").code == 0
    floating, integer = np.load("a/images.npy"), np.load("b/images.npy")
    assert 0 < np.abs(floating - integer).max() < 0.5


def test_classes_asked_for(cli: Cli, tiny: Path) -> None:
    assert cli("sample", tiny, "--class", 7, "--class", 2, "--count", 3, "-o", "out").code == 0
    assert json.loads(Path("out/sample.json").read_text())["classes"] == [7, 2, 7]
    workload = load_workload(str(tiny))
    expected = workload.sample(Mode.ACT, workload.noise(3, 0), labels=np.array([7, 2, 7]))
    np.testing.assert_array_equal(np.load("out/images.npy"), expected)


def test_a_class_that_does_not_exist(cli: Cli, tiny: Path) -> None:
    outcome = cli("sample", tiny, "--class", 10, "-o", "out")
    outcome.refused("--class 10", "0 to 9")
    assert not Path("out").exists()


def test_a_class_of_an_unconditional_model(cli: Cli) -> None:
    cli("sample", "digits-unet", "--class", 1, "-o", "out").refused("knows no classes")


def test_unknown_workload(cli: Cli) -> None:
    cli("sample", "nothing", "-o", "out").refused("no workload 'nothing'", "digits-unet")


def test_steps_beyond_the_schedule(cli: Cli, tiny: Path) -> None:
    outcome = cli("sample", tiny, "--steps", 101, "-o", "out")
    outcome.refused("101 steps", "100")


@pytest.mark.parametrize("flow", ["temporal", "defo", "float"])
@pytest.mark.parametrize("sampler", [Sampler.DDIM, Sampler.DDPM])
def test_batches_make_the_same_images(cli: Cli, tiny: Path, flow: str, sampler: Sampler) -> None:
    common = ("sample", tiny, "--seed", 5, "--flow", flow, "--sampler", sampler, "--steps", 3)
    for batch in (1, 2, 5, 16):
        outcome = cli(*common, "--count", 5, "--batch", batch, "-o", f"by-{batch}")
        assert (outcome.code, outcome.err) == (0, "")
    expected = np.load("by-1/images.npy")
    assert expected.shape == (5, 16, 16, 1)
    for batch in (2, 5, 16):
        np.testing.assert_array_equal(np.load(f"by-{batch}/images.npy"), expected)
    # Nor does it matter how many others there are.
    assert cli(*common, "--count", 2, "-o", "two").code == 0
    np.testing.assert_array_equal(np.load("two/images.npy"), expected[:2])


def test_memory_is_that_of_a_batch(cli: Cli, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    whole = Workload.sample

    def sample(self: Workload, flow: Mode, noise: np.ndarray, *rest: object, **named: object):
        sizes.append(len(noise))
        return whole(self, flow, noise, *rest, **named)

    monkeypatch.setattr(Workload, "sample", sample)
    arguments = ("--count", 130, "--batch", 60, "--steps", 1, "-o", "out")
    assert cli("sample", tiny, *arguments).code == 0
    assert sizes == [60, 60, 10]
    assert np.load("out/images.npy").shape == (130, 16, 16, 1)
    picture = Path("out/images.png").read_bytes()
    # As many rows as 100 images have: a PNG of 10,000 would be too large for Matplotlib.
    assert cli("sample", tiny, *arguments[:4], "--count", 100, "--steps", 1, "-o", "few").code == 0
    assert Path("few/images.png").read_bytes() == picture


def test_images_that_exist_are_kept(cli: Cli, tiny: Path) -> None:
    common = ("sample", tiny, "--count", 1, "--steps", 1, "-o", "out")
    assert cli(*common).code == 0
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    cli(*common, "--seed", 1).refused("out/images.npy exists already", "-o", "--force")
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    assert cli(*common, "--seed", 1, "--force").code == 0
    assert all(path.read_bytes() != content for path, content in before.items())
