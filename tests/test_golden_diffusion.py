import numpy as np
import pytest
from pydantic import ValidationError

from golden.diffusion import Schedule, ddim, ddim_times

SCHEDULE = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02)


@pytest.mark.parametrize("steps", [2, 7, 50, 1000])
def test_times_descend_from_noisiest_to_cleanest(steps):
    times = ddim_times(SCHEDULE, steps)
    assert len(times) == steps
    assert times.dtype == np.int64
    assert (times[0], times[-1]) == (999, 0)
    assert (np.diff(times) < 0).all()
    even = [999 - n * 999 / (steps - 1) for n in range(steps)]
    assert np.abs(times - even).max() <= 0.5 + 1e-9


def test_one_step_starts_at_the_noisiest_time():
    assert ddim_times(SCHEDULE, 1).tolist() == [999]


def test_signal_shrinks_by_the_noise_added():
    schedule = Schedule(timesteps=3, beta_first=0.1, beta_last=0.3)
    np.testing.assert_allclose(schedule.signal(), [0.9, 0.9 * 0.8, 0.9 * 0.8 * 0.7])


@pytest.mark.parametrize("steps", [1, 2, 50])
def test_perfect_denoiser_recovers_the_image(steps):
    rng = np.random.default_rng(0)
    clean = rng.uniform(-1, 1, (2, 4, 5, 1))
    noise = rng.standard_normal(clean.shape)
    signal = SCHEDULE.signal()
    visited = []

    def mixture(time: int) -> np.ndarray:
        return np.sqrt(signal[time]) * clean + np.sqrt(1 - signal[time]) * noise

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        # Every step must lie on the way from this very noise to the image.
        np.testing.assert_allclose(image, mixture(time), atol=1e-4)
        assert image.dtype == np.float32
        visited.append(time)
        return (image - np.sqrt(signal[time]) * clean) / np.sqrt(1 - signal[time])

    found = ddim(denoise, mixture(999), SCHEDULE, steps)
    assert visited == ddim_times(SCHEDULE, steps).tolist()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, clean, atol=1e-4)


def test_images_stay_within_their_range():
    noise = 100 * np.random.default_rng(1).standard_normal((1, 4, 4, 1)).astype(np.float32)
    found = ddim(lambda image, _: np.zeros_like(image), noise, SCHEDULE, 5)
    assert (np.abs(found) == 1).all()


@pytest.mark.parametrize(
    "values",
    [
        {"timesteps": 1, "beta_first": 0.1, "beta_last": 0.2},
        {"timesteps": 10, "beta_first": 0, "beta_last": 0.2},
        {"timesteps": 10, "beta_first": 0.1, "beta_last": 1},
    ],
)
def test_impossible_schedules_are_refused(values):
    with pytest.raises(ValidationError):
        Schedule(**values)
