"""The noise schedule of a diffusion model, and the times that a sampling run visits."""

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

MAX_TIMES = 1_000_000

Prediction = Literal["epsilon", "v_prediction", "sample"]
Spacing = Literal["even", "linspace", "leading", "trailing"]


class Schedule(BaseModel):
    """Noise added at each diffusion time in training, and what a run makes of it.

    With signal share a, an image is ``sqrt(a) * clean + sqrt(1 - a) * noise``. The fields from
    ``prediction`` on have the meaning of diffusers' schedulers; their defaults are dittosim's own
    models'.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    timesteps: int = Field(gt=1, le=MAX_TIMES, description="number of diffusion times in training")
    beta_first: float = Field(gt=0, lt=1, description="noise variance added at time 0")
    beta_last: float = Field(gt=0, lt=1, description="noise variance added at the last time")
    kind: Literal["linear", "scaled_linear"] = Field(
        default="linear", description="what is linear in time: the variance, or the deviation"
    )
    clip: bool = Field(default=True, description="whether images lie within -1 to 1")
    prediction: Prediction = Field(
        default="epsilon",
        description="what the network predicts: the noise; the velocity, sqrt(a) * noise - "
        "sqrt(1 - a) * clean; or the clean image",
    )
    spacing: Spacing = Field(
        default="even",
        description="which times a run visits: from the last to the first, each step ending at "
        "the next one's time; or as diffusers' timestep_spacing of that name",
    )
    offset: int = Field(
        default=0, ge=0, description='added to all times of spacing "leading" (steps_offset)'
    )
    ends_clean: bool = Field(
        default=True,
        description="whether the last step of DDIM and PLMS ends at the clean image, or at "
        "time 0 (set_alpha_to_one)",
    )
    variance: Literal["fixed_small", "fixed_large"] = Field(
        default="fixed_small",
        description="of the noise that DDPM adds: the posterior's, or the forward step's "
        "(variance_type)",
    )

    def signal(self) -> np.ndarray:
        """Share of the signal's variance left at each time, float64 (timesteps,)."""
        power = 2 if self.kind == "scaled_linear" else 1
        ends = self.beta_first ** (1 / power), self.beta_last ** (1 / power)
        return np.cumprod(1.0 - np.linspace(*ends, self.timesteps) ** power)

    def check_steps(self, steps: int) -> None:
        """Raises ValueError if a run of ``steps`` steps would repeat a time or leave them."""
        if steps > self.timesteps:
            raise ValueError(
                f"{steps} steps: the noise schedule has {self.timesteps} times in all; "
                "take no more steps"
            )
        if self.spacing == "leading":
            first = (steps - 1) * (self.timesteps // steps) + self.offset
            if first >= self.timesteps:
                raise ValueError(
                    f"{steps} steps: with an offset of {self.offset} (steps_offset) they begin at "
                    f"time {first}, but the last of the noise schedule is {self.timesteps - 1}; "
                    "take fewer steps"
                )

    def times(self, steps: int) -> np.ndarray:
        """The times that ``steps`` steps visit, noisiest first; int64 (steps,).

        Raises ValueError as :meth:`check_steps` does.
        """
        self.check_steps(steps)
        last = self.timesteps - 1
        times: np.ndarray
        match self.spacing:
            case "even":
                times = np.linspace(last, 0, steps).round()
            case "linspace":
                times = np.linspace(0, last, steps).round()[::-1]
            case "leading":
                times = np.arange(steps)[::-1] * (self.timesteps // steps) + self.offset
            case "trailing":
                times = np.arange(self.timesteps, 0, -self.timesteps / steps)[:steps].round() - 1
        return times.astype(np.int64)

    def ends(self, steps: int) -> np.ndarray:
        """The time at which each step of DDIM and PLMS ends, int64 (steps,); below 0 after all."""
        times = self.times(steps)
        if self.spacing == "even":
            return np.append(times[1:], -1)
        return times - self.timesteps // steps
