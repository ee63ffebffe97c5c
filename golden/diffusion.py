"""The diffusion process: noise schedule and the deterministic DDIM sampler.

Source: Song et al., "Denoising Diffusion Implicit Models", equation 12 with sigma = 0. Only the
sampler between the denoiser's steps runs in floating point on the host.
"""

from collections.abc import Callable

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class Schedule(BaseModel):
    """Linear noise schedule of a trained model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timesteps: int = Field(gt=1, description="number of diffusion times in training")
    beta_first: float = Field(gt=0, lt=1, description="noise variance added at time 0")
    beta_last: float = Field(gt=0, lt=1, description="noise variance added at the last time")

    def signal(self) -> np.ndarray:
        """Share of the signal's variance left at each time, float64 (timesteps,)."""
        return np.cumprod(1.0 - np.linspace(self.beta_first, self.beta_last, self.timesteps))


def ddim_times(schedule: Schedule, steps: int) -> np.ndarray:
    """The times that ``steps`` DDIM steps visit, evenly spaced, noisiest first; int64 (steps,)."""
    return np.linspace(schedule.timesteps - 1, 0, steps).round().astype(np.int64)


def ddim(
    denoise: Callable[[np.ndarray, int], np.ndarray],
    noise: np.ndarray,
    schedule: Schedule,
    steps: int,
) -> np.ndarray:
    """Turns Gaussian ``noise`` (batch, height, width, channels) into images in [-1, 1], float32.

    ``denoise(image, time)`` predicts the noise in ``image``.
    """
    signal = schedule.signal()
    times = ddim_times(schedule, steps)
    image = noise.astype(np.float32)
    for time, following in zip(times, [*times[1:], None], strict=True):
        predicted = denoise(image, int(time))
        clean = (image - np.sqrt(1 - signal[time]) * predicted) / np.sqrt(signal[time])
        clean = np.clip(clean, -1, 1)
        if following is None:
            return clean.astype(np.float32)
        noise_part = (image - np.sqrt(signal[time]) * clean) / np.sqrt(1 - signal[time])
        image = np.sqrt(signal[following]) * clean + np.sqrt(1 - signal[following]) * noise_part
        image = image.astype(np.float32)
    return image
