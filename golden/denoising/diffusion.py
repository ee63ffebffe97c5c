"""The noise schedule of a diffusion model."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field


class Schedule(BaseModel):
    """Noise added at each diffusion time in training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timesteps: int = Field(gt=1, description="number of diffusion times in training")
    beta_first: float = Field(gt=0, lt=1, description="noise variance added at time 0")
    beta_last: float = Field(gt=0, lt=1, description="noise variance added at the last time")
    kind: Literal["linear", "scaled_linear"] = Field(
        default="linear", description="what is linear in time: the variance, or the deviation"
    )
    clip: bool = Field(default=True, description="whether images lie within -1 to 1")

    def signal(self) -> np.ndarray:
        """Share of the signal's variance left at each time, float64 (timesteps,)."""
        power = 2 if self.kind == "scaled_linear" else 1
        ends = self.beta_first ** (1 / power), self.beta_last ** (1 / power)
        return np.cumprod(1.0 - np.linspace(*ends, self.timesteps) ** power)

    def times(self, steps: int) -> np.ndarray:
        """The times that ``steps`` steps visit, evenly spaced, noisiest first; int64 (steps,)."""
        return np.linspace(self.timesteps - 1, 0, steps).round().astype(np.int64)
