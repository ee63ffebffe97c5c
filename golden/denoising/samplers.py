"""Samplers: what happens between the steps of a denoiser, in floating point on the host.

All visit the same times, noisiest first, and turn a prediction of the noise into the next image.

==========  =================================================================================
``ddim``    deterministic: Song et al., "Denoising Diffusion Implicit Models", equation 12 with
            sigma = 0
``ddpm``    random: the same equation with the sigma that makes it Ho et al.'s ancestral
            sampling (eta = 1)
``plms``    pseudo linear multi-step: Liu et al., "Pseudo Numerical Methods for Diffusion Models",
            equations 9 and 12; the first three steps use the formulas of order 1 to 3
==========  =================================================================================
"""

from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum

import numpy as np

from golden.denoising.diffusion import Schedule
from golden.denoising.image_noise import ImageNoise, ImageSeed

Denoise = Callable[[np.ndarray, int], np.ndarray]
"""``denoise(image, time)`` predicts the noise in ``image`` (batch, height, width, channels)."""

# Adams-Bashforth, newest prediction first.
_MULTI_STEP = (
    (1.0,),
    (3 / 2, -1 / 2),
    (23 / 12, -16 / 12, 5 / 12),
    (55 / 24, -59 / 24, 37 / 24, -9 / 24),
)


class Sampler(StrEnum):
    """How the next image follows from a prediction."""

    DDIM = "ddim"
    DDPM = "ddpm"
    PLMS = "plms"


def sample(
    sampler: Sampler,
    denoise: Denoise,
    noise: np.ndarray,
    schedule: Schedule,
    steps: int,
    seed: int | ImageSeed = 0,
) -> np.ndarray:
    """Turns Gaussian ``noise`` (batch, height, width, channels) into images, float32.

    The denoiser is called ``steps`` times. ``seed`` is that of the noise that DDPM adds. Where
    the denoiser predicts more channels than an image has (a variance), the first ones count.
    """
    images = images_by_step(sampler, denoise, noise, schedule, steps, seed)
    return deque(images, maxlen=1).pop()


def images_by_step(
    sampler: Sampler,
    denoise: Denoise,
    noise: np.ndarray,
    schedule: Schedule,
    steps: int,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """The image after each step of :func:`sample`, whose last one is the result.

    A step is computed when its image is asked for, so that a run can be left early.
    """
    signal = np.append(schedule.signal(), 1.0)
    times = schedule.times(steps)
    rng = ImageNoise(seed, len(noise))
    recent: deque[np.ndarray] = deque(maxlen=len(_MULTI_STEP))
    image = noise.astype(np.float32)
    for time, following in zip(times, [*times[1:], -1], strict=True):
        predicted = denoise(image, int(time))[..., : image.shape[-1]]
        if sampler is Sampler.PLMS:
            recent.appendleft(predicted)
            factors = _MULTI_STEP[len(recent) - 1]
            predicted = np.tensordot(factors, np.stack(recent), axes=1)
        sigma = _posterior_deviation(signal, time, following) if sampler is Sampler.DDPM else 0.0
        image = _step(image, predicted, signal[time], signal[following], sigma, schedule.clip)
        if sigma:
            image += sigma * rng.standard_normal(image.shape)
        image = image.astype(np.float32)
        yield image


def _step(
    image: np.ndarray,
    predicted: np.ndarray,
    now: float,
    following: float,
    sigma: float,
    clip: bool,
) -> np.ndarray:
    """DDIM's equation 12 without its random part; ``now`` and ``following`` are signal shares."""
    clean = (image - np.sqrt(1 - now) * predicted) / np.sqrt(now)
    if clip:
        clean = np.clip(clean, -1, 1)
        predicted = (image - np.sqrt(now) * clean) / np.sqrt(1 - now)
    return np.sqrt(following) * clean + np.sqrt(1 - following - sigma**2) * predicted


def _posterior_deviation(signal: np.ndarray, time: int, following: int) -> float:
    """DDIM's equation 16: the deviation of the random part that makes it DDPM."""
    now, then = signal[time], signal[following]
    return float(np.sqrt((1 - then) / (1 - now) * (1 - now / then)))
