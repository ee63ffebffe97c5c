"""The schedule of a flow-matching model: diffusers' FlowMatchEulerDiscreteScheduler.

The model predicts a velocity, and a step follows it: no noise is scaled, and the schedule is a list
of shares of noise (sigmas) instead of variances.
"""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from dittosim.importing.scheduler import schedule_of
from golden.denoising.diffusion import MAX_TIMES, Schedule
from golden.reading import read_json
from golden.wording import validated

FLOW_SCHEDULER = "FlowMatchEulerDiscreteScheduler"


class FlowSchedule(BaseModel):
    """Options of the scheduler, under the names and with the defaults of diffusers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    num_train_timesteps: int = Field(default=1000, gt=1, le=MAX_TIMES)
    shift: float = Field(default=1.0, gt=0)
    use_dynamic_shifting: bool = False
    base_shift: float | None = 0.5
    max_shift: float | None = 1.15
    base_image_seq_len: int = Field(default=256, gt=0)
    max_image_seq_len: int = Field(default=4096, gt=0)
    invert_sigmas: bool = False
    shift_terminal: float | None = None
    use_karras_sigmas: bool | None = False
    use_exponential_sigmas: bool | None = False
    use_beta_sigmas: bool | None = False
    time_shift_type: Literal["exponential", "linear"] = "exponential"
    stochastic_sampling: bool = False

    def check_steps(self, steps: int) -> None:
        """Raises ValueError if a run of ``steps`` steps would repeat a time."""
        if steps > self.num_train_timesteps:
            raise ValueError(
                f"{steps} steps: the schedule has {self.num_train_timesteps} times in all; "
                "take no more steps"
            )


def read_any_schedule(path: Path) -> Schedule | FlowSchedule:
    """The schedule in a scheduler's file, of noise or of flow; DittosimError if it is not known."""
    values: dict[str, Any] = read_json(path)
    if values.get("_class_name") != FLOW_SCHEDULER:
        return schedule_of(values, str(path))
    options = {name: value for name, value in values.items() if not name.startswith("_")}
    return validated(FlowSchedule, options, str(path))
