"""Sampling of flow-matching models, by diffusers' own scheduler as its pipelines set it up."""

from collections.abc import Callable
from typing import Any

import diffusers
import numpy as np
import torch

from dittosim.importing.flow_schedule import FlowSchedule
from golden.errors import DittosimError

FlowDenoise = Callable[[np.ndarray, float], np.ndarray]
"""``denoise(image, time)`` predicts the velocity, for (batch, height, width, channels)."""


def flow_scheduler(schedule: FlowSchedule, steps: int, tokens: int, *, packed: bool) -> Any:
    """A scheduler of diffusers with its times for ``steps`` steps, on images of ``tokens`` tokens.

    ``packed`` takes sigmas evenly from 1 to 1 / steps, as Flux's pipeline does. Raises
    DittosimError for options that cannot be together.
    """
    try:
        scheduler: Any = diffusers.FlowMatchEulerDiscreteScheduler(**schedule.model_dump())
        sigmas = np.linspace(1.0, 1 / steps, steps) if packed else None
        mu = _shift(schedule, tokens) if schedule.use_dynamic_shifting else None
        scheduler.set_timesteps(steps, sigmas=sigmas, mu=mu)
    except (ArithmeticError, ImportError, TypeError, ValueError) as error:
        raise DittosimError(f"diffusers cannot take the flow's schedule: {error}") from error
    if not torch.isfinite(scheduler.timesteps).all():
        raise DittosimError("the flow's schedule has times that are not finite")
    return scheduler


def _shift(schedule: FlowSchedule, tokens: int) -> float:
    """How far times are shifted for that many tokens, on a line through two points."""
    first, last = schedule.base_image_seq_len, schedule.max_image_seq_len
    low, high = schedule.base_shift or 0.0, schedule.max_shift or 0.0
    if first == last:
        raise ValueError("base_image_seq_len and max_image_seq_len are equal")
    slope = (high - low) / (last - first)
    return tokens * slope + low - slope * first


def sample_flow(
    scheduler: Any,
    denoise: FlowDenoise,
    noise: np.ndarray,
    seed: int,
) -> np.ndarray:
    """Turns Gaussian ``noise`` (batch, height, width, channels) into images, float32.

    ``scheduler`` has not been used yet. ``seed`` is that of stochastic sampling's noise. Where the
    denoiser predicts more channels than an image has, the first ones count.
    """
    generator = torch.Generator().manual_seed(seed % (1 << 63))
    image = torch.from_numpy(noise)
    for time in scheduler.timesteps:
        predicted = denoise(image.numpy(), float(time))[..., : image.shape[-1]]
        step = scheduler.step(torch.from_numpy(predicted), time, image, generator=generator)
        image = step.prev_sample
    return image.numpy()
