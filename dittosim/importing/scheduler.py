"""The noise schedule in a diffusers ``scheduler_config.json``.

Samplers are dittosim's own, on the times of diffusers' DDIMScheduler made of the same file. What
a scheduler computes beside that is allowed where it changes nothing, and refused where it would.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from golden.denoising.diffusion import MAX_TIMES, Prediction, Schedule
from golden.errors import DittosimError
from golden.reading import read_json
from golden.wording import validated

DDPM_SCHEDULE = Schedule(timesteps=1000, beta_first=1e-4, beta_last=0.02, spacing="leading")
"""What diffusers' DDPMScheduler takes unless told otherwise."""

SUFFIX = "Scheduler"
"""Of the names of diffusers' classes."""


class SchedulerConfig(BaseModel):
    """Options that are read, under the names and with most of the defaults of diffusers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    num_train_timesteps: int = Field(default=1000, gt=1, le=MAX_TIMES)
    beta_start: float = Field(default=1e-4, gt=0, lt=1)
    beta_end: float = Field(default=0.02, gt=0, lt=1)
    beta_schedule: str = "linear"
    prediction_type: Prediction = "epsilon"
    timestep_spacing: Literal["linspace", "leading", "trailing"]
    steps_offset: int = Field(default=0, ge=0)
    set_alpha_to_one: bool = True
    clip_sample: bool = False
    variance_type: str | None = None


ANY = None
"""Every value of an option is harmless."""
_Known = Mapping[str, Collection[Any] | None]

_NOISE: _Known = {
    "beta_schedule": ("linear", "scaled_linear"),
    "trained_betas": (None,),
}
_THRESHOLDING: _Known = {
    "thresholding": (False,),
    # Of thresholding alone.
    "dynamic_thresholding_ratio": ANY,
    "sample_max_value": ANY,
}
_SIGMAS: _Known = {
    "use_karras_sigmas": (False, None),
    "use_exponential_sigmas": (False, None),
    "use_beta_sigmas": (False, None),
}
_FLOW: _Known = {
    "use_flow_sigmas": (False, None),
    "use_dynamic_shifting": (False, None),
    # Of these two alone.
    "flow_shift": ANY,
    "time_shift_type": ANY,
}
_SOLVER: _Known = {**_NOISE, **_THRESHOLDING, **_SIGMAS, **_FLOW, "solver_order": (2,)}
_DPM_SOLVER: _Known = {
    **_SOLVER,
    "algorithm_type": ("dpmsolver++",),
    "solver_type": ("midpoint",),
    "final_sigmas_type": ("zero",),
    "lambda_min_clipped": (float("-inf"),),
    "variance_type": (None,),
}

RULES: dict[str, _Known] = {
    "DDPMScheduler": {
        **_NOISE,
        **_THRESHOLDING,
        "variance_type": ("fixed_small", "fixed_small_log", "fixed_large"),
        "rescale_betas_zero_snr": (False,),
    },
    "DDIMScheduler": {**_NOISE, **_THRESHOLDING, "rescale_betas_zero_snr": (False,)},
    # PLMS begins in its own way here, with Runge-Kutta's steps or without.
    "PNDMScheduler": {**_NOISE, "skip_prk_steps": (True, False)},
    "LMSDiscreteScheduler": {**_NOISE, **_SIGMAS},
    "EulerDiscreteScheduler": {
        **_NOISE,
        **_SIGMAS,
        "interpolation_type": ("linear",),
        "sigma_min": (None,),
        "sigma_max": (None,),
        "timestep_type": ("discrete",),
        "rescale_betas_zero_snr": (False,),
        "final_sigmas_type": ("zero",),
    },
    "EulerAncestralDiscreteScheduler": {**_NOISE, "rescale_betas_zero_snr": (False,)},
    "HeunDiscreteScheduler": {**_NOISE, **_SIGMAS},
    "DPMSolverMultistepScheduler": {
        **_DPM_SOLVER,
        "lower_order_final": (True,),
        "euler_at_final": (False,),
        "use_lu_lambdas": (False, None),
        "rescale_betas_zero_snr": (False,),
    },
    "DPMSolverSinglestepScheduler": {**_DPM_SOLVER, "lower_order_final": (False,)},
    "DEISMultistepScheduler": {
        **_SOLVER,
        "algorithm_type": ("deis",),
        "solver_type": ("logrho",),
        "lower_order_final": (True,),
    },
    "UniPCMultistepScheduler": {
        **_SOLVER,
        "predict_x0": (True,),
        "solver_type": ("bh2",),
        "lower_order_final": (True,),
        "disable_corrector": ([],),
        "solver_p": (None,),
        "final_sigmas_type": ("zero",),
        "rescale_betas_zero_snr": (False,),
        "sigma_min": (None,),
        "sigma_max": (None,),
        "shift_terminal": (None,),
    },
}
"""For each class the values that are known of options that are not read, or not at any value.

What a class does not know of itself, another may have left in its file: it must be harmless there.
"""

DEFAULTS: dict[str, dict[str, Any]] = {
    "DDPMScheduler": {"clip_sample": True, "timestep_spacing": "leading"},
    "DDIMScheduler": {"clip_sample": True, "timestep_spacing": "leading"},
    "PNDMScheduler": {"set_alpha_to_one": False, "timestep_spacing": "leading"},
    "HeunDiscreteScheduler": {
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "timestep_spacing": "linspace",
    },
}
"""Where a class's defaults are not those of SchedulerConfig; the others' spacing is linspace."""


def read_schedule(path: Path) -> Schedule:
    """The schedule; DittosimError naming what the import does not know."""
    return schedule_of(read_json(path), str(path))


def schedule_of(values: dict[str, Any], source: str) -> Schedule:
    """The schedule of a scheduler's options; ``source`` names them in errors (DittosimError)."""
    kind = values.get("_class_name")
    if kind not in RULES:
        raise DittosimError(
            f"{source}: _class_name = {kind!r}: not supported by the import, which knows "
            f"{', '.join(RULES)}"
        )
    options = {name: value for name, value in values.items() if not name.startswith("_")}
    for name, value in options.items():
        _check(kind, name, value, source)
    if options.get("clip_sample") is not False and options.get("clip_sample_range", 1) != 1:
        raise _unknown(source, "clip_sample_range", options["clip_sample_range"], (1,))
    defaults = DEFAULTS.get(kind, {"timestep_spacing": "linspace"})
    read = {name: value for name, value in options.items() if name in SchedulerConfig.model_fields}
    config = validated(SchedulerConfig, {**defaults, **read}, source)
    return Schedule(
        timesteps=config.num_train_timesteps,
        beta_first=config.beta_start,
        beta_last=config.beta_end,
        kind="scaled_linear" if config.beta_schedule == "scaled_linear" else "linear",
        clip=config.clip_sample,
        prediction=config.prediction_type,
        spacing=config.timestep_spacing,
        offset=config.steps_offset,
        ends_clean=config.set_alpha_to_one,
        variance="fixed_large" if config.variance_type == "fixed_large" else "fixed_small",
    )


def _check(kind: str, name: str, value: Any, source: str) -> None:
    """Raises DittosimError unless an option is read, or is known to be harmless."""
    own = RULES[kind]
    rules = [own] if name in own else [rule for rule in RULES.values() if name in rule]
    if not rules:
        if name in SchedulerConfig.model_fields or name == "clip_sample_range":
            return
        raise DittosimError(f"{source}: {name} = {value!r}: the import does not know this option")
    known: list[Any] = []
    for rule in rules:
        values = rule[name]
        if values is ANY:
            return
        known.extend(each for each in values if each not in known)
    if not any(type(value) is type(each) and value == each for each in known):
        raise _unknown(source, name, value, known)


def _unknown(source: str, name: str, value: Any, known: Collection[Any]) -> DittosimError:
    choice = " or ".join("null" if each is None else str(each) for each in known)
    return DittosimError(
        f"{source}: {name} = {value!r}: not supported by the import, which knows only {choice}; "
        "give a file that can be taken with --schedule"
    )
