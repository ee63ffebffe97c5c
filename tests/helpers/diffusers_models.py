"""Small diffusers models: their configurations, and folders of them made without diffusers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from dittosim.importing.builder import Origin
from dittosim.importing.checkpoint import CONFIG_FILE, WEIGHT_FILES
from dittosim.importing.model import build, import_model, read_config, vector_of
from dittosim.importing.scheduler import DDPM_SCHEDULE
from golden.denoising.calibration import calibrate
from golden.network import nodes as n
from golden.workload.workload import Workload, WorkloadDescription

CONTEXT_SHAPE = (5, 12)

UNET: dict[str, Any] = {
    "_class_name": "UNet2DModel",
    "sample_size": 8,
    "block_out_channels": [8, 16],
    "layers_per_block": 1,
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
    "norm_num_groups": 4,
    "attention_head_dim": 4,
}
DDPM: dict[str, Any] = UNET | {
    "layers_per_block": 2,
    "attention_head_dim": None,
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "norm_eps": 1e-6,
    "attn_norm_num_groups": 8,
    "num_class_embeds": 3,
}
PLAIN: dict[str, Any] = UNET | {
    "down_block_types": ["DownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "UpBlock2D"],
    "add_attention": False,
}
CONDITION: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": 8,
    "block_out_channels": [8, 16],
    "layers_per_block": 1,
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "norm_num_groups": 4,
    "attention_head_dim": 2,
    "cross_attention_dim": CONTEXT_SHAPE[1],
}
CONDITION_LINEAR: dict[str, Any] = CONDITION | {
    "attention_head_dim": [2, 4],
    "layers_per_block": [1, 2],
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "transformer_layers_per_block": [1, 2],
    "use_linear_projection": True,
    "downsample_padding": 0,
}
SCALE_SHIFT: dict[str, Any] = UNET | {"resnet_time_scale_shift": "scale_shift"}
SCALE_SHIFT_GROUPS: dict[str, Any] = SCALE_SHIFT | {
    "attn_norm_num_groups": 4,
    "num_class_embeds": 3,
}
CONDITION_LISTS: dict[str, Any] = CONDITION | {
    "resnet_time_scale_shift": "scale_shift",
    "cross_attention_dim": [CONTEXT_SHAPE[1]] * 2,
    "only_cross_attention": [False, False],
    "attention_head_dim": [2, 2],
}
CONDITION_PLAIN_MIDDLE: dict[str, Any] = CONDITION | {
    "mid_block_type": "UNetMidBlock2D",
    "num_class_embeds": 4,
}
SDXL: dict[str, Any] = CONDITION | {
    "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"],
    "attention_head_dim": [2, 4],
    "transformer_layers_per_block": [1, 2],
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 6 + 6 * 8,
}
SDXL_REVERSED: dict[str, Any] = SDXL | {
    "down_block_types": ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
    "reverse_transformer_layers_per_block": [1, 3],
    "num_class_embeds": 4,
}
DIT: dict[str, Any] = {
    "_class_name": "DiTTransformer2DModel",
    "num_attention_heads": 2,
    "attention_head_dim": 8,
    "in_channels": 3,
    "out_channels": 6,
    "num_layers": 2,
    "sample_size": 8,
    "num_embeds_ada_norm": 5,
}
OLD_DIT: dict[str, Any] = DIT | {
    "_class_name": "Transformer2DModel",
    "patch_size": 4,
    "norm_type": "ada_norm_zero",
    "activation_fn": "geglu",
    "attention_bias": False,
    "norm_elementwise_affine": True,
}
CONFIGS = {
    "unet": UNET,
    "ddpm": DDPM,
    "plain": PLAIN,
    "scale-shift": SCALE_SHIFT,
    "scale-shift-groups": SCALE_SHIFT_GROUPS,
    "condition": CONDITION,
    "condition-lists": CONDITION_LISTS,
    "condition-linear": CONDITION_LINEAR,
    "condition-plain-middle": CONDITION_PLAIN_MIDDLE,
    "sdxl": SDXL,
    "sdxl-reversed": SDXL_REVERSED,
    "dit": DIT,
    "old-dit": OLD_DIT,
}


def context_for(config: dict[str, Any]) -> np.ndarray | None:
    """A context float32 for the models that need one."""
    if config["_class_name"] != "UNet2DConditionModel":
        return None
    return np.random.default_rng(0).standard_normal(CONTEXT_SHAPE, np.float32)


def inputs_for(config: dict[str, Any]) -> dict[str, np.ndarray]:
    """What else a model takes: an embedding of a text, and sizes of the image."""
    if "addition_embed_type" not in config:
        return {}
    rng = np.random.default_rng(2)
    return {
        "added_cond_kwargs.text_embeds": rng.standard_normal(6, np.float32),
        "added_cond_kwargs.time_ids": np.array([512, 768, 0, 10, 512, 768]),
    }


def workload(folder: Path, config: dict[str, Any], steps: int) -> Workload:
    """A random model as a calibrated workload."""
    written = write_model(folder, config)
    model = import_model(written, context=context_for(config), inputs=inputs_for(config))
    noise = np.random.default_rng(0).standard_normal((1, *model.image_shape), np.float32)
    labels = np.array([0]) if model.graph.classes else None
    description = WorkloadDescription(
        summary="random",
        image_shape=model.image_shape,
        steps=steps,
        schedule=DDPM_SCHEDULE,
        graph=model.graph,
        formats=calibrate(model.graph, model.weights, DDPM_SCHEDULE, noise, steps, labels),
    )
    return Workload("random", description, model.weights)


def write_model(folder: Path, config: dict[str, Any], widths: dict[str, int] | None = None) -> Path:
    """Writes ``config`` and random weights as diffusers lays them out.

    ``widths`` are the channels within pruned residual blocks.
    """
    folder.mkdir(parents=True)
    (folder / CONFIG_FILE).write_text(json.dumps(config))
    _, model = read_config(folder / CONFIG_FILE)
    side = config["sample_size"]
    shape, added = (side, side, model.in_channels), vector_of(model, inputs_for(config))
    builder = build(model, shape, context_for(config), widths or {}, added)
    rng = np.random.default_rng(1)
    tensors: dict[str, np.ndarray] = {}
    for node in builder.graph().nodes:
        origin = builder.origins.get(node.name, Origin((node.name,)))
        for kind, shape in node.parameter_shapes().items():
            if f"{node.name}.{kind}" in builder.constants or (kind == "bias" and not origin.biased):
                continue
            match node, kind:
                case n.Conv2d(), "weight":
                    stored = (shape[3], shape[2], shape[0], shape[1])
                case n.Linear(), "weight":
                    stored = (origin.parts * shape[1], shape[0])
                case n.Linear(), "bias":
                    stored = (origin.parts * shape[0],)
                case n.ClassEmbedding(), _:
                    stored = (shape[0], shape[2])
                case _:
                    stored = shape
            scale = np.prod(stored[1:]) ** -0.5
            values = rng.standard_normal(stored, np.float32) * np.float32(scale)
            tensors[f"{origin.modules[0]}.{kind}"] = values
    safetensors.numpy.save_file(tensors, folder / WEIGHT_FILES[0])
    return folder
