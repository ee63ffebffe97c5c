"""The noise schedule in a diffusers ``scheduler_config.json``."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dittosim.importing.checkpoint import read_json
from golden.denoising.diffusion import Schedule
from golden.errors import DittosimError
from golden.machine.config import describe

DDPM_SCHEDULE = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02)
"""What diffusers' DDPMScheduler takes unless told otherwise."""

CLIPPING = ("DDPMScheduler", "DDIMScheduler")
"""Clip images unless told otherwise; the others do not clip."""
SCHEDULERS = (
    *CLIPPING,
    "PNDMScheduler",
    "LMSDiscreteScheduler",
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "DPMSolverMultistepScheduler",
    "DPMSolverSinglestepScheduler",
    "DEISMultistepScheduler",
    "UniPCMultistepScheduler",
)
"""All have the same noise schedule; samplers are dittosim's own."""

REQUIRED: dict[str, tuple[Any, ...]] = {
    "prediction_type": ("epsilon", None),
    "beta_schedule": ("linear", "scaled_linear", None),
    "trained_betas": (None,),
    "rescale_betas_zero_snr": (False, None),
    "thresholding": (False, None),
    "use_karras_sigmas": (False, None),
}
"""Options of which the import knows only these values."""


def read_schedule(path: Path) -> Schedule:
    """The schedule; DittosimError naming what the import does not know."""
    values = read_json(path)
    kind = values.get("_class_name")
    if kind not in SCHEDULERS:
        raise DittosimError(
            f"{path}: _class_name = {kind!r}: not supported by the import, which knows "
            f"{', '.join(SCHEDULERS)}"
        )
    for name, known in REQUIRED.items():
        if values.get(name) not in known:
            choice = " or ".join(str(value) for value in known if value is not None) or "null"
            raise DittosimError(
                f"{path}: {name} = {values[name]!r}: not supported by the import, which knows only "
                f"{choice}"
            )
    clip = values.get("clip_sample", kind in CLIPPING)
    if clip and values.get("clip_sample_range", 1.0) != 1:
        raise DittosimError(
            f"{path}: clip_sample_range = {values['clip_sample_range']!r}: not supported by the "
            "import, which knows only 1"
        )
    try:
        return Schedule(
            timesteps=values.get("num_train_timesteps", DDPM_SCHEDULE.timesteps),
            beta_first=values.get("beta_start", DDPM_SCHEDULE.beta_first),
            beta_last=values.get("beta_end", DDPM_SCHEDULE.beta_last),
            kind=values.get("beta_schedule") or "linear",
            clip=clip,
        )
    except ValidationError as error:
        raise DittosimError(f"{path}: {describe(error, Schedule)}") from error
