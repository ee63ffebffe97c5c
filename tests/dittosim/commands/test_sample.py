import json
from pathlib import Path

import numpy as np
import pytest

import dittosim.programs.sampling
from dittosim.programs.images import Drawing, draw_on_sim
from golden.denoising.samplers import Sampler
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.workload import Workload, load_workload
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.stimuli.sampling_job import SamplingJob
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import STEPS, save_tiny_digits


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_digits(tmp_path_factory.mktemp("workloads") / "tiny")


@pytest.mark.parametrize("flow", ["original", "temporal", "spatial", "defo", "defo+"])
@pytest.mark.parametrize("sampler", Sampler)
def test_every_flow_and_sampler(cli: Cli, tiny: Path, flow: str, sampler: Sampler) -> None:
    arguments = ("--images", 3, "--seed", 5, "--flow", flow, "--sampler", sampler, "-o", "out")
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
    assert cli("sample", tiny, "--flow", "float", "--images", 1, "--steps", 2, "-o", "a").code == 0
    assert cli("sample", tiny, "--images", 1, "--steps", 2, "-o", "b").code == 0
    floating, integer = np.load("a/images.npy"), np.load("b/images.npy")
    assert 0 < np.abs(floating - integer).max() < 0.5


def test_classes_asked_for(cli: Cli, tiny: Path) -> None:
    assert cli("sample", tiny, "--class", 7, "--class", 2, "--images", 3, "-o", "out").code == 0
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
        outcome = cli(*common, "--images", 5, "--batch", batch, "-o", f"by-{batch}")
        assert (outcome.code, outcome.err) == (0, "")
    expected = np.load("by-1/images.npy")
    assert expected.shape == (5, 16, 16, 1)
    for batch in (2, 5, 16):
        np.testing.assert_array_equal(np.load(f"by-{batch}/images.npy"), expected)
    # Nor does it matter how many others there are.
    assert cli(*common, "--images", 2, "-o", "two").code == 0
    np.testing.assert_array_equal(np.load("two/images.npy"), expected[:2])


def test_memory_is_that_of_a_batch(cli: Cli, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    whole = Workload.sample

    def sample(self: Workload, flow: Mode, noise: np.ndarray, *rest: object, **named: object):
        sizes.append(len(noise))
        return whole(self, flow, noise, *rest, **named)

    monkeypatch.setattr(Workload, "sample", sample)
    arguments = ("--images", 130, "--batch", 60, "--steps", 1, "-o", "out")
    assert cli("sample", tiny, *arguments).code == 0
    assert sizes == [60, 60, 10]
    assert np.load("out/images.npy").shape == (130, 16, 16, 1)
    picture = Path("out/images.png").read_bytes()
    # As many rows as 100 images have: a PNG of 10,000 would be too large for Matplotlib.
    assert cli("sample", tiny, *arguments[:4], "--images", 100, "--steps", 1, "-o", "few").code == 0
    assert Path("few/images.png").read_bytes() == picture


def test_images_that_exist_are_kept(cli: Cli, tiny: Path) -> None:
    common = ("sample", tiny, "--images", 1, "--steps", 1, "-o", "out")
    assert cli(*common).code == 0
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    cli(*common, "--seed", 1).refused("out/images.npy exists already", "-o", "--force")
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    assert cli(*common, "--seed", 1, "--force").code == 0
    assert all(path.read_bytes() != content for path, content in before.items())


@pytest.mark.parametrize("flow", ["original", "temporal", "spatial", "defo", "defo+"])
@pytest.mark.parametrize("sampler", Sampler)
def test_sim_draws_what_golden_draws(cli: Cli, tiny: Path, flow: str, sampler: Sampler) -> None:
    common = ("sample", tiny, "--images", 3, "--seed", 5, "--flow", flow, "--sampler", sampler)
    assert cli(*common, "-o", "golden").code == 0
    outcome = cli(*common, "--on", "sim", "-c", "tiny", "-o", "sim")
    assert (outcome.code, outcome.err) == (0, "")
    assert Path("sim/images.npy").read_bytes() == Path("golden/images.npy").read_bytes()
    assert Path("sim/images.png").read_bytes() == Path("golden/images.png").read_bytes()
    written = json.loads(Path("sim/sample.json").read_text())
    machine = written.pop("machine")
    assert written.pop("on") == "sim"
    assert written == json.loads(Path("golden/sample.json").read_text())
    assert machine["configuration_hash"] == load_config("tiny").digest()
    assert machine["cycles"] == [sum(steps) for steps in machine["cycles_by_step"]]
    assert [len(steps) for steps in machine["cycles_by_step"]] == 3 * [STEPS]
    assert all(
        0 < a < b
        for a, b in zip(machine["cycles_of_vector_layers"], machine["cycles"], strict=True)
    )
    assert min(machine["bytes"]) > 0
    assert machine["differences"] == 0
    mean = f"{sum(machine['cycles']) / 3:,.0f}"
    assert ["cycles", "per", "image", mean] in [line.split() for line in outcome.out.splitlines()]


def test_verilog_draws_what_golden_draws(cli: Cli, tiny: Path) -> None:
    common = ("sample", tiny, "--images", 2, "--class", 3, "--sampler", "ddpm", "--seed", 2)
    assert cli(*common, "-o", "golden").code == 0
    assert cli(*common, "--on", "sim", "-c", "tiny", "-o", "sim").code == 0
    outcome = cli(*common, "--on", "verilog", "-c", "tiny", "-j", 2, "-o", "verilog")
    assert (outcome.code, outcome.err) == (0, "")
    assert Path("verilog/images.npy").read_bytes() == Path("golden/images.npy").read_bytes()
    on_sim, on_verilog = (
        json.loads(Path(name, "sample.json").read_text()) for name in ("sim", "verilog")
    )
    assert on_verilog["simulator"] == "verilator"
    for one in (on_sim, on_verilog):
        del one["machine"]["cycles_per_second"]
    assert on_sim["machine"] == on_verilog["machine"]


def test_a_run_left_early(cli: Cli, tiny: Path) -> None:
    common = ("sample", tiny, "--images", 2, "--until", 1)
    assert cli(*common, "-o", "golden").code == 0
    assert cli(*common, "--on", "sim", "-c", "tiny", "-o", "sim").code == 0
    workload = load_workload(str(tiny))
    expected = workload.sample(Mode.ACT, workload.noise(2, 0), last_step=1)
    for place in ("golden", "sim"):
        np.testing.assert_array_equal(np.load(f"{place}/images.npy"), expected)
        assert json.loads(Path(place, "sample.json").read_text())["until"] == 1
    cli("sample", tiny, "--until", STEPS, "-o", "out").refused("--until 3", "0 to 2")
    cli("sample", tiny, "--until", 0, "--flow", "float", "-o", "out").refused("--flow float")


def test_a_difference_is_exit_code_1(cli: Cli, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(job: SamplingJob, _: Simulator) -> Drawing:
        drawn = draw_on_sim(job, load_workload(job.workload))
        found = Findings(value_differences=job.seed.first, first_difference="step 1: byte 0x40")
        return Drawing(drawn.image, drawn.counters, found, 1.0)

    monkeypatch.setattr(dittosim.programs.sampling, "draw_on_verilog", draw)
    common = ("sample", tiny, "--on", "verilog", "-c", "tiny", "--steps", 1)
    assert cli(*common, "--images", 1, "-o", "one").code == 0
    outcome = cli(*common, "--images", 2, "-o", "two")
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1] == "step 1: byte 0x40"
    machine = json.loads(Path("two/sample.json").read_text())["machine"]
    assert (machine["differences"], machine["first_difference"]) == (1, "step 1: byte 0x40")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--on", "sim", "--flow", "float"], ["--flow float", "machines compute in integers"]),
        (["-c", "small"], ["--config is for --on sim or verilog"]),
        (["--on", "sim", "-j", 2], ["--jobs are for --on verilog"]),
        (["--simulator", "icarus"], ["--on verilog"]),
    ],
)
def test_what_no_machine_does_is_refused(
    cli: Cli, tiny: Path, options: list[object], words: list[str]
) -> None:
    cli("sample", tiny, *options, "-o", "out").refused(*words)
    assert not Path("out").exists()


def test_a_machine_too_small_for_steps(cli: Cli) -> None:
    Path("my.toml").write_text("vector_channels = 32")
    cli("sample", "digits-unet", "--on", "sim", "-c", "my.toml", "-o", "out").refused(
        "nodes 'middle.in.norm', 'middle.out.norm'", "all fits with vector_channels = 64"
    )
