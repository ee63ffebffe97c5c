"""Samplers: what happens between the steps of a denoiser, in floating point on the host.

All visit the times of the schedule, noisiest first, and turn a prediction into the next image.

==========  =================================================================================
``ddim``    deterministic: Song et al., "Denoising Diffusion Implicit Models", equation 12 with
            sigma = 0
``ddpm``    random: the same equation with the sigma that makes it Ho et al.'s ancestral
            sampling (eta = 1)
``plms``    pseudo linear multi-step: Liu et al., "Pseudo Numerical Methods for Diffusion Models",
            equations 9 and 12; the first three steps use the formulas of order 1 to 3
==========  =================================================================================

A step is that of diffusers' scheduler of the same name, on the schedule's times, from the time to
the end that :meth:`golden.denoising.diffusion.Schedule.ends` gives (DDIM and PLMS), or to the next
time (DDPM). Two things are different there by default: where images are clipped, the noise
follows from the clipped image (``use_clipped_model_output`` of DDIMScheduler), and PNDMScheduler
begins PLMS with a second evaluation of the first step.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from enum import StrEnum

import numpy as np

from golden.denoising.diffusion import Schedule
from golden.denoising.image_noise import ImageNoise, ImageSeed

Denoise = Callable[[np.ndarray, int], np.ndarray]
"""``denoise(image, time)`` predicts what the schedule says, mostly the noise in ``image``, for
(batch, height, width, channels)."""

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
    Raises ValueError for more steps than the schedule has times.
    """
    images = images_by_step(sampler, denoise, noise, schedule, steps, seed)
    return deque(images, maxlen=1).pop()


def images_by_step(
    sampler: Sampler,
    denoise: Denoise,
    noise: np.ndarray,
    schedule: Schedule,
    steps: int,
    seed: int | ImageSeed = 0,
) -> Iterator[np.ndarray]:
    """The image after each step of :func:`sample`, whose last one is the result.

    A step is computed when its image is asked for, so that a run can be left early.
    """
    run = sampling(sampler, noise, schedule, steps, seed)
    image, time = next(run)
    while True:
        try:
            image, time = run.send(denoise(image, time))
        except StopIteration as end:
            yield end.value
            return
        yield image


def sampling(
    sampler: Sampler,
    noise: np.ndarray,
    schedule: Schedule,
    steps: int,
    seed: int | ImageSeed = 0,
) -> Generator[tuple[np.ndarray, int], np.ndarray, np.ndarray]:
    """The run of :func:`sample` for a denoiser that lets others go on while it works.

    Yields the image and time of each step, takes what the denoiser predicts, returns the result.
    """
    signal = schedule.signal()
    random = sampler is Sampler.DDPM
    times = schedule.times(steps)
    ends = np.append(times[1:], -1) if random else schedule.ends(steps)
    last = 1.0 if random or schedule.ends_clean else signal[0]
    rng = ImageNoise(seed, len(noise))
    recent: deque[np.ndarray] = deque(maxlen=len(_MULTI_STEP))
    image = noise.astype(np.float32)
    for time, end in zip(times, ends, strict=True):
        predicted = yield image, int(time)
        predicted = predicted[..., : image.shape[-1]]
        if sampler is Sampler.PLMS:
            recent.appendleft(predicted)
            factors = _MULTI_STEP[len(recent) - 1]
            predicted = np.tensordot(factors, np.stack(recent), axes=1)
        now, then = signal[time], last if end < 0 else signal[end]
        clean, predicted = _parts(image, predicted, now, schedule)
        sigma = _posterior_deviation(now, then) if random else 0.0
        image = np.sqrt(then) * clean + np.sqrt(1 - then - sigma**2) * predicted
        if random and time > 0:
            large = schedule.variance == "fixed_large"
            added = np.sqrt(1 - now / then) if large else sigma
            if added:
                image += added * rng.standard_normal(image.shape)
        image = image.astype(np.float32)
    return image


def _parts(
    image: np.ndarray, predicted: np.ndarray, now: float, schedule: Schedule
) -> tuple[np.ndarray, np.ndarray]:
    """The clean image and the noise that make up ``image`` at signal share ``now``."""
    share, rest = np.sqrt(now), np.sqrt(1 - now)
    match schedule.prediction:
        case "epsilon":
            clean, noise = (image - rest * predicted) / share, predicted
        case "v_prediction":
            clean, noise = share * image - rest * predicted, share * predicted + rest * image
        case "sample":
            clean, noise = predicted, (image - share * predicted) / rest
    if schedule.clip:
        clean = np.clip(clean, -1, 1)
        noise = (image - share * clean) / rest
    return clean, noise


def _posterior_deviation(now: float, then: float) -> float:
    """DDIM's equation 16: the deviation of the random part that makes it DDPM.

    ``now`` and ``then`` are the signal's shares before and after the step.
    """
    return float(np.sqrt((1 - then) / (1 - now) * (1 - now / then)))
