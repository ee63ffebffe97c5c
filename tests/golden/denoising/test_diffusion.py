import numpy as np
import pytest
from pydantic import ValidationError

from golden.denoising.diffusion import Schedule

SCHEDULE = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02)


@pytest.mark.parametrize("steps", [2, 7, 50, 1000])
def test_times_descend_from_noisiest_to_cleanest(steps):
    times = SCHEDULE.times(steps)
    assert len(times) == steps
    assert times.dtype == np.int64
    assert (times[0], times[-1]) == (999, 0)
    assert (np.diff(times) < 0).all()
    even = [999 - n * 999 / (steps - 1) for n in range(steps)]
    assert np.abs(times - even).max() <= 0.5 + 1e-9


def test_one_step_starts_at_the_noisiest_time():
    assert SCHEDULE.times(1).tolist() == [999]


def test_signal_shrinks_by_the_noise_added():
    schedule = Schedule(timesteps=3, beta_first=0.1, beta_last=0.3)
    np.testing.assert_allclose(schedule.signal(), [0.9, 0.9 * 0.8, 0.9 * 0.8 * 0.7])


def test_scaled_linear_is_linear_in_the_deviation():
    schedule = Schedule(timesteps=3, beta_first=0.01, beta_last=0.25, kind="scaled_linear")
    np.testing.assert_allclose(schedule.signal(), np.cumprod([1 - 0.1**2, 1 - 0.3**2, 1 - 0.5**2]))


@pytest.mark.parametrize("kind", ["linear", "scaled_linear"])
def test_signal_falls_from_nearly_all_to_nearly_nothing(kind):
    signal = SCHEDULE.model_copy(update={"kind": kind}).signal()
    assert signal.dtype == np.float64
    assert signal.shape == (1000,)
    assert signal[0] == pytest.approx(1 - 1e-4)
    assert 0 < signal[-1] < 0.01
    assert (np.diff(signal) < 0).all()


@pytest.mark.parametrize(
    "values",
    [
        {"timesteps": 1, "beta_first": 0.1, "beta_last": 0.2},
        {"timesteps": 10, "beta_first": 0, "beta_last": 0.2},
        {"timesteps": 10, "beta_first": 0.1, "beta_last": 1},
        {"timesteps": 10, "beta_first": 0.1, "beta_last": 0.2, "kind": "cosine"},
        {"timesteps": 10, "beta_first": 0.1, "beta_last": 0.2, "colour": "red"},
    ],
)
def test_impossible_schedules_are_refused(values):
    with pytest.raises(ValidationError):
        Schedule(**values)
