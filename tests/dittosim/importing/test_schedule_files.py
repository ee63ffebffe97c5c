"""Which file tells a noise schedule: every layout of a download, and no guess."""

import json
from pathlib import Path
from typing import Any

import pytest

from dittosim.importing.schedule_files import FoundSchedule, find_schedule
from dittosim.importing.scheduler import DDPM_SCHEDULE
from golden.errors import DittosimError

SCHEDULER: dict[str, Any] = {
    "_class_name": "DDIMScheduler",
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 500,
    "prediction_type": "v_prediction",
}
INDEX = {"_class_name": "DDPMPipeline", "scheduler": ["diffusers", "DDIMScheduler"]}
NAME = "scheduler_config.json"


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def model(folder: Path) -> Path:
    write(folder / "config.json", {"_class_name": "UNet2DModel"})
    return folder


def found_in(folder: Path, path: Path) -> None:
    found = find_schedule(folder)
    assert found.file is not None
    assert found.file.resolve() == path.resolve()
    assert (found.schedule.timesteps, found.schedule.kind) == (500, "scaled_linear")
    assert found.schedule.prediction == "v_prediction"


def error(folder: Path, asked: str | None = None) -> str:
    with pytest.raises(DittosimError) as caught:
        find_schedule(folder, asked)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(
    "place",
    [
        NAME,  # as google/ddpm-cifar10-32 has it
        f"scheduler/{NAME}",
        "scheduler/config.json",
        f"noise_scheduler/{NAME}",
        "scheduler-config.json",
        "my_scheduler.json",
        "anything.json",  # it says itself what it is
    ],
)
def test_beside_the_model(tmp_path: Path, place: str, index: bool) -> None:
    path = write(model(tmp_path) / place, SCHEDULER)
    if index:
        write(tmp_path / "model_index.json", INDEX)
    found_in(tmp_path, path)


@pytest.mark.parametrize("place", [NAME, f"scheduler/{NAME}", f"unet/{NAME}", "sched.json"])
@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize("given", [".", "unet"])
def test_pipelines(tmp_path: Path, place: str, index: bool, given: str) -> None:
    model(tmp_path / "unet")
    path = write(tmp_path / place, SCHEDULER)
    if index:
        write(tmp_path / "model_index.json", INDEX)
    found_in(tmp_path / given, path)


@pytest.mark.parametrize("given", ["transformer", "checkpoint-500/unet_ema", "unet_ema"])
def test_parts_of_a_pipeline(tmp_path: Path, given: str) -> None:
    model(tmp_path / given)
    write(tmp_path / "model_index.json", INDEX)
    found_in(tmp_path / given, write(tmp_path / "scheduler" / NAME, SCHEDULER))


def test_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "scheduler" / NAME, SCHEDULER)
    monkeypatch.chdir(model(tmp_path / "unet"))
    found_in(Path(), path)


def test_links_of_a_download(tmp_path: Path) -> None:
    """The cache of Hugging Face's hub: files are links to blobs; a folder may be one, too."""
    blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "1"
    write(blobs / "a", SCHEDULER)
    write(blobs / "b", {"_class_name": "UNet2DModel"})
    (snapshot / "scheduler").mkdir(parents=True)
    (snapshot / "unet").mkdir()
    (snapshot / "scheduler" / NAME).symlink_to(blobs / "a")
    (snapshot / "unet" / "config.json").symlink_to(blobs / "b")
    found_in(snapshot, blobs / "a")
    found_in(snapshot / "unet", blobs / "a")
    (tmp_path / "link").symlink_to(snapshot / "unet")
    found_in(tmp_path / "link", blobs / "a")


def test_a_default_is_asked_for(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    assert error(folder) == (
        f"{folder}: no {NAME} tells the noise schedule: give one with --schedule F, or ask for "
        "DDPM's with --schedule default"
    )
    assert find_schedule(folder, "default") == FoundSchedule(DDPM_SCHEDULE, None)
    path = write(folder / NAME, SCHEDULER)
    assert error(folder, "default") == (
        f"{path} tells the noise schedule: leave out --schedule default"
    )


def test_an_index_that_names_a_scheduler_is_no_excuse(tmp_path: Path) -> None:
    model(tmp_path)
    index = write(tmp_path / "model_index.json", INDEX)
    for asked in (None, "default"):
        message = error(tmp_path, asked)
        assert message.startswith(f"{index} names a scheduler, DDIMScheduler, but no {NAME}")


def test_a_file_may_be_given(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    write(folder / NAME, SCHEDULER | {"prediction_type": "flow"})
    path = write(tmp_path / "other.json", SCHEDULER)
    assert find_schedule(folder, str(path)).schedule.timesteps == 500
    assert error(folder, str(tmp_path / "none.json")).startswith("cannot read ")


def test_contradictions_name_both(tmp_path: Path) -> None:
    first = write(model(tmp_path) / "scheduler" / NAME, SCHEDULER)
    second = write(tmp_path / NAME, SCHEDULER)
    found_in(tmp_path, first)  # they agree
    write(second, SCHEDULER | {"num_train_timesteps": 1000})
    message = error(tmp_path)
    assert str(first) in message
    assert str(second) in message
    assert "timesteps 500 and 1000" in message
    assert find_schedule(tmp_path, str(second)).schedule.timesteps == 1000

    second.unlink()
    index = write(tmp_path / "model_index.json", {"scheduler": ["diffusers", "PNDMScheduler"]})
    message = error(tmp_path)
    assert str(first) in message
    assert str(index) in message


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ufeff{}"])
@pytest.mark.parametrize("place", [NAME, f"scheduler/{NAME}", "scheduler/config.json"])
def test_damage_is_an_error(tmp_path: Path, place: str, text: str) -> None:
    path = write(model(tmp_path) / place, text)
    for asked in (None, "default"):
        assert str(path) in error(tmp_path, asked)


def test_other_json_files_do_not_matter(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    for name, text in (("vocabulary.json", "{"), ("notes.json", "[]"), ("more.json", "{}")):
        write(folder / name, text)
    assert find_schedule(folder, "default").file is None


def test_more_steps_than_times_are_refused(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    path = write(folder / NAME, SCHEDULER)
    found = find_schedule(folder)
    found.check_steps(500)
    with pytest.raises(DittosimError) as caught:
        found.check_steps(501)
    assert str(caught.value).startswith(f"{path}: 501 steps: the noise schedule has 500 times")
