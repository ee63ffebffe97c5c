import itertools
import math

import numpy as np
import pytest

from golden.denoising.diffusion import Schedule
from golden.denoising.samplers import _MULTI_STEP, Sampler, _posterior_deviation, sample

SCHEDULE = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02)
OPEN = Schedule(timesteps=40, beta_first=0.01, beta_last=0.3, clip=False)


def naive_step(
    image: list[float], noise: list[float], now: float, then: float, eta: float, clip: bool
) -> tuple[list[float], float]:
    """The mean of the next image and the deviation around it: equations 12 and 16 of DDIM."""
    sigma = eta * math.sqrt((1 - then) / (1 - now)) * math.sqrt(1 - now / then)
    result = []
    for x, e in zip(image, noise, strict=True):
        clean = (x - math.sqrt(1 - now) * e) / math.sqrt(now)
        if clip:
            clean = min(max(clean, -1), 1)
            e = (x - math.sqrt(now) * clean) / math.sqrt(1 - now)
        result.append(math.sqrt(then) * clean + math.sqrt(1 - then - sigma**2) * e)
    return result, sigma


def predict(image: np.ndarray, time: int) -> np.ndarray:
    """Any smooth function of image and time."""
    return np.tanh(image * 0.8 + time / 500 - 0.5)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 7])
def test_ddim_equals_naive(steps, clip):
    schedule = OPEN.model_copy(update={"clip": clip})
    signal = [*schedule.signal().tolist(), 1.0]
    times = [*schedule.times(steps).tolist(), -1]
    start = noise(2, 2, 3, 1)
    expected = start.ravel().tolist()
    for time, following in itertools.pairwise(times):
        predicted = predict(np.array(expected), time).tolist()
        now, then = signal[time], signal[following]
        expected, _ = naive_step(expected, predicted, now, then, 0, clip)
    found = sample(Sampler.DDIM, predict, start, schedule, steps)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_ddpm_equals_naive_with_the_same_random_numbers(steps):
    signal = [*OPEN.signal().tolist(), 1.0]
    times = [*OPEN.times(steps).tolist(), -1]
    start = noise(2, 2, 3, 1)
    streams = [np.random.default_rng([3, 1, image]) for image in range(len(start))]
    expected = start.ravel().tolist()
    for time, following in itertools.pairwise(times):
        predicted = predict(np.array(expected), time).tolist()
        mean, sigma = naive_step(
            expected, predicted, signal[time], signal[following], 1, clip=False
        )
        drawn = [0.0] * len(mean)
        if following >= 0:
            drawn = [r for rng in streams for r in rng.standard_normal(len(mean) // len(streams))]
        expected = [m + sigma * r for m, r in zip(mean, drawn, strict=True)]
    found = sample(Sampler.DDPM, predict, start, OPEN, steps, seed=3)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("schedule", [SCHEDULE, OPEN], ids=["usual", "short"])
def test_deviation_of_ddpm_is_that_of_the_posterior(schedule):
    """Ho et al., equation 7, for consecutive times: beta (1 - a') / (1 - a)."""
    signal = np.append(schedule.signal(), 1.0)
    betas = np.linspace(schedule.beta_first, schedule.beta_last, schedule.timesteps)
    for time in range(schedule.timesteps):
        before = signal[time - 1]
        expected = betas[time] * (1 - before) / (1 - signal[time])
        found = _posterior_deviation(signal[time], before) ** 2
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-15)


def test_mean_of_ddpm_is_that_of_the_posterior():
    """Ho et al., equation 11, for consecutive times."""
    signal = OPEN.signal()
    time, x, e = 20, 0.7, -0.4
    beta = 1 - signal[time] / signal[time - 1]
    expected = (x - beta / math.sqrt(1 - signal[time]) * e) / math.sqrt(1 - beta)
    (found,), _ = naive_step([x], [e], signal[time], signal[time - 1], 1, clip=False)
    assert found == pytest.approx(expected)


def test_spread_of_ddpm():
    """One random step: its deviation over many pixels is the formula's."""
    signal = OPEN.signal()
    start = np.zeros((1, 200, 200, 1), np.float32)
    seen = []

    def denoise(image: np.ndarray, _: int) -> np.ndarray:
        seen.append(image)
        return np.zeros_like(image)

    sample(Sampler.DDPM, denoise, start, OPEN, 3)
    assert OPEN.times(3).tolist() == [39, 20, 0]
    deviation = _posterior_deviation(signal[39], signal[20])
    assert abs(seen[1].mean()) < 5 * deviation / 200
    assert seen[1].std() == pytest.approx(deviation, rel=0.02)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_factors_of_plms_integrate_polynomials_exactly(order):
    """Adams-Bashforth of order n is exact below degree n: the integral from 0 to 1 of t ** d."""
    factors = _MULTI_STEP[order - 1]
    assert len(factors) == order
    for degree in range(order):
        found = sum(factor * (-ago) ** degree for ago, factor in enumerate(factors))
        assert found == pytest.approx(1 / (degree + 1))
    beyond = sum(factor * (-ago) ** order for ago, factor in enumerate(factors))
    assert beyond != pytest.approx(1 / (order + 1))


def test_plms_equals_naive():
    signal = [*OPEN.signal().tolist(), 1.0]
    times = [*OPEN.times(7).tolist(), -1]
    start = noise(2, 2, 3, 1)
    expected, history = start.ravel().tolist(), []
    for time, following in itertools.pairwise(times):
        history.append(predict(np.array(expected), time))
        e = history[::-1]
        mixed = {
            1: lambda e: e[0],
            2: lambda e: (3 * e[0] - e[1]) / 2,
            3: lambda e: (23 * e[0] - 16 * e[1] + 5 * e[2]) / 12,
            4: lambda e: (55 * e[0] - 59 * e[1] + 37 * e[2] - 9 * e[3]) / 24,
        }[min(len(e), 4)](e).tolist()
        expected, _ = naive_step(expected, mixed, signal[time], signal[following], 0, clip=False)
    found = sample(Sampler.PLMS, predict, start, OPEN, 7)
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-3, atol=1e-4)


def test_plms_needs_fewer_steps_than_ddim():
    """Of a smooth prediction, 60 steps of DDIM being the truth."""
    schedule = SCHEDULE.model_copy(update={"clip": False})
    start = noise(1, 8, 8, 1)

    def gaussian(image: np.ndarray, time: int) -> np.ndarray:
        """The ideal prediction for images of independent pixels of deviation 0.5."""
        share = schedule.signal()[time]
        return np.sqrt(1 - share) * image / (0.25 * share + 1 - share)

    truth = sample(Sampler.DDIM, gaussian, start, schedule, 1000)
    errors = {
        sampler: np.abs(sample(sampler, gaussian, start, schedule, 20) - truth).mean()
        for sampler in (Sampler.DDIM, Sampler.PLMS)
    }
    assert errors[Sampler.PLMS] < errors[Sampler.DDIM] / 2


@pytest.mark.parametrize("sampler", Sampler)
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5, 20])
def test_the_denoiser_is_called_once_a_step(sampler, steps):
    times = []

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        assert image.dtype == np.float32
        times.append(time)
        return predict(image, time)

    found = sample(sampler, denoise, noise(1, 2, 2, 1), SCHEDULE, steps)
    assert times == SCHEDULE.times(steps).tolist()
    assert all(type(time) is int for time in times)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


@pytest.mark.parametrize("sampler", Sampler)
@pytest.mark.parametrize("steps", [1, 2, 50])
def test_perfect_denoiser_recovers_the_image(sampler, steps):
    rng = np.random.default_rng(0)
    clean = rng.uniform(-1, 1, (2, 4, 5, 1))
    start = rng.standard_normal(clean.shape)
    signal = SCHEDULE.signal()

    def mixture(time: int) -> np.ndarray:
        return np.sqrt(signal[time]) * clean + np.sqrt(1 - signal[time]) * start

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        if sampler is not Sampler.DDPM:
            # Every step must lie on the way from this very noise to the image.
            np.testing.assert_allclose(image, mixture(time), atol=1e-4)
        return (image - np.sqrt(signal[time]) * clean) / np.sqrt(1 - signal[time])

    found = sample(sampler, denoise, mixture(999), SCHEDULE, steps)
    np.testing.assert_allclose(found, clean, atol=1e-4)


@pytest.mark.parametrize("sampler", Sampler)
def test_only_ddpm_depends_on_the_seed(sampler):
    start = noise(1, 4, 4, 1)
    images = [sample(sampler, predict, start, OPEN, 5, seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(images[0], images[1])
    assert (images[0] != images[2]).any() == (sampler is Sampler.DDPM)


@pytest.mark.parametrize("sampler", Sampler)
def test_the_last_step_adds_no_noise(sampler):
    """It ends on the clean image that the last prediction implies."""
    seen = []

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        seen.append((image, predict(image, time)))
        return np.zeros_like(image) if sampler is Sampler.PLMS else seen[-1][1]

    found = sample(sampler, denoise, noise(1, 4, 4, 1), OPEN, 3)
    image, predicted = seen[-1]
    share = OPEN.signal()[0]
    e = 0 if sampler is Sampler.PLMS else predicted
    expected = (image - np.sqrt(1 - share) * e) / np.sqrt(share)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sampler", Sampler)
def test_images_stay_within_their_range(sampler):
    start = 100 * noise(1, 4, 4, 1)
    found = sample(sampler, lambda image, _: np.zeros_like(image), start, SCHEDULE, 5)
    assert np.abs(found).max() <= 1
    if sampler is not Sampler.DDPM:
        assert (np.abs(found) == 1).all()


@pytest.mark.parametrize("sampler", Sampler)
def test_only_as_many_channels_as_the_image_has_count(sampler):
    start = noise(2, 3, 3, 2)

    def with_variance(image: np.ndarray, time: int) -> np.ndarray:
        return np.concatenate([predict(image, time), np.full_like(image, 1e9)], axis=-1)

    found = sample(sampler, with_variance, start, OPEN, 4)
    np.testing.assert_array_equal(found, sample(sampler, predict, start, OPEN, 4))


def test_the_noise_given_is_kept():
    start = noise(1, 3, 3, 1)
    kept = start.copy()
    for sampler in Sampler:
        sample(sampler, predict, start, OPEN, 3)
    np.testing.assert_array_equal(start, kept)
