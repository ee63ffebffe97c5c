"""Small denoisers of diffusers, one for each kind that capture knows, with what they take."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.diffusers_models import CONDITION, CONTEXT_SHAPE, DIT, SDXL, UNET, inputs_for

TOKENS = 5
PIXART: dict[str, Any] = {
    "_class_name": "PixArtTransformer2DModel",
    "num_attention_heads": 3,
    "attention_head_dim": 8,
    "num_layers": 2,
    "sample_size": 8,
    "cross_attention_dim": 24,
    "caption_channels": 12,
}
SD3: dict[str, Any] = {
    "_class_name": "SD3Transformer2DModel",
    "sample_size": 8,
    "in_channels": 4,
    "out_channels": 4,
    "num_layers": 3,
    "attention_head_dim": 8,
    "num_attention_heads": 2,
    "joint_attention_dim": 12,
    "caption_projection_dim": 16,
    "pooled_projection_dim": 10,
    "pos_embed_max_size": 8,
    "qk_norm": "rms_norm",
    "dual_attention_layers": [0],
}
FLUX: dict[str, Any] = {
    "_class_name": "FluxTransformer2DModel",
    "in_channels": 16,
    "num_layers": 2,
    "num_single_layers": 2,
    "attention_head_dim": 8,
    "num_attention_heads": 2,
    "joint_attention_dim": 12,
    "pooled_projection_dim": 10,
    "guidance_embeds": True,
    "axes_dims_rope": [2, 2, 4],
}
FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0}
DYNAMIC_FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": True}
NOISE = {"_class_name": "DDIMScheduler", "clip_sample": False}


def _floats(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


@dataclass(frozen=True)
class Case:
    """A denoiser's options, its further inputs, and the scheduler that goes with it."""

    config: dict[str, Any]
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    scheduler: dict[str, Any] = field(default_factory=lambda: NOISE)
    size: int | None = None

    @property
    def arguments(self) -> list[object]:
        """For the command line, after the inputs are written to inputs.npz."""
        sized = ["--size", self.size] if self.size else []
        return [*sized, *(["--inputs", "inputs.npz"] if self.inputs else [])]


CONTEXT = {"encoder_hidden_states": _floats(*CONTEXT_SHAPE)}
POOLED = {"encoder_hidden_states": _floats(TOKENS, 12), "pooled_projections": _floats(1, 10)}
CASES = {
    "unet": Case(UNET),
    "condition": Case(CONDITION, CONTEXT),
    "sdxl": Case(SDXL, CONTEXT | inputs_for(SDXL)),
    "dit": Case(DIT),
    "pixart-alpha": Case(
        PIXART | {"use_additional_conditions": True},
        {
            "encoder_hidden_states": _floats(TOKENS, 12),
            "encoder_attention_mask": np.array([1, 1, 1, 0, 0]),
            "added_cond_kwargs.resolution": np.array([64.0, 64.0]),
            "added_cond_kwargs.aspect_ratio": np.array([1.0]),
        },
    ),
    "pixart-sigma": Case(PIXART, {"encoder_hidden_states": _floats(TOKENS, 12)}),
    "sd3": Case(SD3, POOLED, FLOW),
    "flux": Case(FLUX, {**POOLED, "guidance": np.array(3.5)}, DYNAMIC_FLOW, size=8),
}


def random_model(config: dict[str, Any]) -> Any:
    """A model of diffusers all of whose parameters are random."""
    torch = pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = getattr(diffusers, config["_class_name"]).from_config(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            else:
                parameter.normal_(1 if "norm" in name and name.endswith("weight") else 0, 0.3)
    return model


def write_case(case: Case, folder: Path) -> None:
    """Writes a random model with its scheduler into ``folder``, its inputs to inputs.npz."""
    import json

    random_model(case.config).save_pretrained(folder)
    (folder / "scheduler_config.json").write_text(json.dumps(case.scheduler))
    np.savez("inputs.npz", **case.inputs)
