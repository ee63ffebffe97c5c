"""Options of schedulers: read, harmless, or refused."""

from typing import Any

import pytest

from dittosim.importing.scheduler import DDPM_SCHEDULE, RULES, schedule_of
from golden.denoising.diffusion import Schedule
from golden.errors import DittosimError

STABLE_DIFFUSION = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.6.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}
CIFAR = {
    "_class_name": "DDPMScheduler",
    "_diffusers_version": "0.1.1",
    "beta_end": 0.02,
    "beta_schedule": "linear",
    "beta_start": 0.0001,
    "clip_sample": True,
    "num_train_timesteps": 1000,
    "trained_betas": None,
    "variance_type": "fixed_large",
}


def error(values: dict[str, Any]) -> str:
    with pytest.raises(DittosimError) as caught:
        schedule_of(values, "F")
    message = str(caught.value)
    assert message.startswith("F: ")
    assert "\n" not in message
    assert "Input should" not in message
    return message.removeprefix("F: ")


def test_known_files() -> None:
    assert schedule_of(STABLE_DIFFUSION, "F") == Schedule(
        timesteps=1000,
        beta_first=0.00085,
        beta_last=0.012,
        kind="scaled_linear",
        clip=False,
        spacing="leading",
        offset=1,
        ends_clean=False,
    )
    assert schedule_of(CIFAR, "F") == Schedule(
        timesteps=1000, beta_first=1e-4, beta_last=0.02, spacing="leading", variance="fixed_large"
    )


@pytest.mark.parametrize("kind", RULES)
def test_every_option_is_read(kind: str) -> None:
    options = {
        "num_train_timesteps": 77,
        "beta_start": 0.001,
        "beta_end": 0.5,
        "beta_schedule": "scaled_linear",
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
        "steps_offset": 3,
        "set_alpha_to_one": False,
        "clip_sample": True,
    }
    assert schedule_of({"_class_name": kind, **options}, "F") == Schedule(
        timesteps=77,
        beta_first=0.001,
        beta_last=0.5,
        kind="scaled_linear",
        clip=True,
        prediction="v_prediction",
        spacing="trailing",
        offset=3,
        ends_clean=False,
    )


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize(
    "change",
    [
        {"use_karras_sigmas": True},
        {"use_exponential_sigmas": True},
        {"use_beta_sigmas": True},
        {"use_lu_lambdas": True},
        {"use_flow_sigmas": True},
        {"rescale_betas_zero_snr": True},
        {"thresholding": True},
        {"trained_betas": [0.1, 0.2]},
        {"beta_schedule": "squaredcos_cap_v2"},
        {"solver_order": 3},
        {"algorithm_type": "sde-dpmsolver++"},
        {"final_sigmas_type": "sigma_min"},
        {"timestep_type": "continuous"},
        {"interpolation_type": "log_linear"},
        {"predict_x0": False},
        {"euler_at_final": True},
        {"sigma_min": 0.1},
        {"lambda_min_clipped": -5.1},
        {"variance_type": "learned_range"},
        {"clip_sample": True, "clip_sample_range": 2.0},
        {"prediction_type": "flow_prediction"},
        {"timestep_spacing": "even"},
        {"brand_new": 1},
        {"solver_order": True},
        {"use_karras_sigmas": "no"},
    ],
    ids=lambda change: "-".join(change),
)
def test_what_changes_what_is_computed_is_refused(kind: str, change: dict[str, Any]) -> None:
    message = error({"_class_name": kind, **change})
    name = list(change)[-1]
    assert message.startswith(f"{name} = {change[name]!r}: ")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beta_start": 0}, "beta_start = 0: must be greater than 0"),
        ({"beta_end": 2}, "beta_end = 2: must be less than 1"),
        ({"beta_end": float("inf")}, "beta_end = inf: must be a finite number"),
        ({"num_train_timesteps": "many"}, "num_train_timesteps = 'many': must be a whole number"),
        ({"num_train_timesteps": 10**12}, "num_train_timesteps = 1000000000000: must be at most"),
        ({"steps_offset": -1}, "steps_offset = -1: must be at least 0"),
        ({"clip_sample": "maybe"}, "clip_sample = 'maybe': must be true or false"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "_class_name = 'FlowMatch"),
        ({"_class_name": None}, "_class_name = None"),
    ],
)
def test_wrong_values_in_the_words_of_the_file(change: dict[str, Any], message: str) -> None:
    assert error({"_class_name": "DDPMScheduler", **change}).startswith(message)


def test_the_default_is_that_of_ddpm() -> None:
    assert schedule_of({"_class_name": "DDPMScheduler"}, "F") == DDPM_SCHEDULE


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", RULES)
def test_the_rules_know_every_option_of_diffusers(kind: str) -> None:
    """What diffusers writes by default is taken; any other value is read, harmless or refused."""
    diffusers = pytest.importorskip("diffusers")
    defaults = dict(getattr(diffusers, kind)().config)
    usual = schedule_of({"_class_name": kind, **defaults}, "F")
    harmless = set()
    for name, value in defaults.items():
        if name.startswith("_"):
            continue
        other: Any = not value if isinstance(value, bool) else 0.5
        try:
            found = schedule_of({"_class_name": kind, **defaults, name: other}, "F")
        except DittosimError:
            continue
        if found == usual:
            harmless.add(name)
    assert harmless <= {
        "dynamic_thresholding_ratio",
        "sample_max_value",
        "flow_shift",
        "time_shift_type",
        "skip_prk_steps",
        "clip_sample_range",  # where nothing is clipped
    }
