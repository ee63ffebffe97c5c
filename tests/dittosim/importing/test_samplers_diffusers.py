"""Times and steps of schedules equal those of diffusers' schedulers."""

import itertools
import json
from typing import Any

import numpy as np
import pytest

from dittosim.importing.scheduler import schedule_of
from golden.denoising.samplers import Sampler, sample

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

BASE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}
SHAPE = (2, 5, 4, 3)


@pytest.fixture
def diffusers() -> Any:
    pytest.importorskip("torch").set_num_threads(1)
    return pytest.importorskip("diffusers")


def config(kind: str, **options: Any) -> dict[str, Any]:
    return {"_class_name": kind, **BASE, **options}


def predict(image: np.ndarray, time: int) -> np.ndarray:
    return np.tanh(image * 0.8 + time / 500 - 0.5).astype(np.float32)


def run(scheduler: Any, steps: int, step: Any) -> np.ndarray:
    """A sampling run of diffusers with ``predict``, channels last."""
    import torch

    scheduler.set_timesteps(steps)
    image = torch.from_numpy(start())
    for time in scheduler.timesteps:
        predicted = torch.from_numpy(predict(image.numpy(), int(time)))
        image = step(predicted, time, image)
    return image.numpy()


def start() -> np.ndarray:
    return np.random.default_rng(1).standard_normal(SHAPE).astype(np.float32)


@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
@pytest.mark.parametrize("timesteps", [1000, 777])
def test_times(diffusers: Any, spacing: str, timesteps: int) -> None:
    for offset in (0, 1):
        options = config(
            "DDIMScheduler",
            timestep_spacing=spacing,
            num_train_timesteps=timesteps,
            steps_offset=offset,
        )
        scheduler, schedule = diffusers.DDIMScheduler.from_config(options), schedule_of(options, "")
        for steps in range(1, timesteps + 1):
            scheduler.set_timesteps(steps)
            # Rounding may give diffusers one step more, at time -1.
            expected = [time for time in scheduler.timesteps.tolist() if time >= 0]
            if max(expected) >= timesteps:  # where diffusers reads beyond its table
                with pytest.raises(ValueError, match="steps_offset"):
                    schedule.times(steps)
                continue
            assert schedule.times(steps).tolist() == expected
            assert len(set(expected)) == steps


CASES = list(
    itertools.product(
        ["leading", "linspace", "trailing"],
        ["epsilon", "v_prediction", "sample"],
        [True, False],
        [True, False],
        [0, 1],
    )
)


@pytest.mark.parametrize(("spacing", "prediction", "clip", "clean", "offset"), CASES)
def test_ddim(
    diffusers: Any, spacing: str, prediction: str, clip: bool, clean: bool, offset: int
) -> None:
    options = config(
        "DDIMScheduler",
        timestep_spacing=spacing,
        prediction_type=prediction,
        clip_sample=clip,
        set_alpha_to_one=clean,
        steps_offset=offset,
    )
    scheduler = diffusers.DDIMScheduler.from_config(options)
    for steps in (1, 7, 50):
        expected = run(
            scheduler,
            steps,
            lambda p, t, x: scheduler.step(p, t, x, use_clipped_model_output=True).prev_sample,
        )
        found = sample(Sampler.DDIM, predict, start(), schedule_of(options, ""), steps)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("spacing", ["leading", "linspace", "trailing"])
@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("variance", ["fixed_small", "fixed_small_log", "fixed_large"])
@pytest.mark.parametrize("clip", [True, False])
def test_ddpm(
    diffusers: Any,
    monkeypatch: pytest.MonkeyPatch,
    spacing: str,
    prediction: str,
    variance: str,
    clip: bool,
) -> None:
    import torch

    options = config(
        "DDPMScheduler",
        timestep_spacing=spacing,
        prediction_type=prediction,
        variance_type=variance,
        clip_sample=clip,
    )
    scheduler, schedule = diffusers.DDPMScheduler.from_config(options), schedule_of(options, "")
    for steps in (2, 9):
        streams = [np.random.default_rng([3, 1, image]) for image in range(SHAPE[0])]

        def draw(*_: Any, streams: list[np.random.Generator] = streams, **__: Any) -> Any:
            drawn = np.stack([stream.standard_normal(SHAPE[1:]) for stream in streams])
            return torch.from_numpy(drawn.astype(np.float32))

        monkeypatch.setattr("diffusers.schedulers.scheduling_ddpm.randn_tensor", draw)
        expected = run(scheduler, steps, lambda p, t, x: scheduler.step(p, t, x).prev_sample)
        found = sample(Sampler.DDPM, predict, start(), schedule, steps, seed=3)
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("clean", [True, False])
def test_plms_after_its_start(diffusers: Any, prediction: str, clean: bool) -> None:
    """From the fourth step on; PNDMScheduler begins in another way."""
    import torch

    steps = 12
    options = config(
        "PNDMScheduler",
        skip_prk_steps=True,
        steps_offset=1,
        prediction_type=prediction,
        set_alpha_to_one=clean,
    )
    seen: list[tuple[int, np.ndarray, np.ndarray]] = []

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        seen.append((time, image, predict(image, time)))
        return seen[-1][2]

    final = sample(Sampler.PLMS, denoise, start(), schedule_of(options, ""), steps)
    scheduler = diffusers.PNDMScheduler.from_config(options)
    scheduler.set_timesteps(steps)
    scheduler.ets = [torch.from_numpy(predicted) for _, _, predicted in seen[:3]]
    scheduler.counter = 4
    images = [image for _, image, _ in seen] + [final]
    for number in range(3, steps):
        time, image, predicted = seen[number]
        found = scheduler.step(torch.from_numpy(predicted), time, torch.from_numpy(image))
        np.testing.assert_allclose(found.prev_sample, images[number + 1], rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize(
    "kind", ["EulerDiscreteScheduler", "DPMSolverMultistepScheduler", "PNDMScheduler"]
)
def test_other_classes_give_the_times_of_ddim_made_of_them(diffusers: Any, kind: str) -> None:
    saved = json.loads(getattr(diffusers, kind)(**BASE).to_json_string())
    scheduler = diffusers.DDIMScheduler.from_config(saved, clip_sample=False)
    schedule = schedule_of(saved, "")
    expected = run(scheduler, 20, lambda p, t, x: scheduler.step(p, t, x).prev_sample)
    found = sample(Sampler.DDIM, predict, start(), schedule, 20)
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)
