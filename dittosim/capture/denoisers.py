"""What the classes of diffusers that denoise take beside the image and the time.

A class that is not listed runs as well: then its forward signature alone says what it takes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dittosim.importing.added import SIZES, TEXT, check_widths

Config = Mapping[str, Any]
"""Options of a model, with diffusers' defaults where config.json has none"""
Dims = tuple[int | str, ...]
"""Lengths of an argument's axes for one image; those of a name are free, and the same everywhere"""


@dataclass(frozen=True)
class Argument:
    """An argument that is an array."""

    name: str
    """As diffusers names it; with a dot where it is an entry of a dictionary"""
    dims: Dims
    reason: str = ""
    """The option that asks for it or for its shape"""
    required: bool = True
    batched: bool = True
    """Whether there is one for each image"""
    below: int | None = None
    """What its values, which are integers then, are below; they are not negative"""


@dataclass(frozen=True)
class Denoiser:
    """A class of denoisers."""

    arguments: Callable[[Config], list[Argument]]
    """All that it takes at its options"""
    flow: bool = False
    """Whether it needs the schedule of flow matching"""
    packed: bool = False
    """Whether it takes 2 x 2 pixels as one token's channels, as Flux does"""
    time_scale: float = 1.0
    """What times are divided by for the model"""


def _tokens(width: Any, reason: str) -> list[Argument]:
    given = reason if isinstance(width, str) else f"{reason} = {width}"
    return [Argument("encoder_hidden_states", ("tokens", width), given)]


def _labels(config: Config, option: str, more: int = 0) -> list[Argument]:
    if not config[option]:
        return []
    reason, below = f"{option} = {config[option]}", config[option] + more
    return [Argument("class_labels", (), reason, required=False, below=below)]


_MASK = Argument("encoder_attention_mask", ("tokens",), required=False)


def _unet(config: Config) -> list[Argument]:
    return _labels(config, "num_class_embeds")


def _condition(config: Config) -> list[Argument]:
    width = config["cross_attention_dim"]
    if isinstance(width, list | tuple):
        width = width[0]
    projected = config["encoder_hid_dim_type"]
    found = [_MASK]
    if projected in (None, "text_proj"):
        option = "encoder_hid_dim" if config["encoder_hid_dim"] else "cross_attention_dim"
        found += _tokens(config["encoder_hid_dim"] or width, option)
    else:
        reason = f"encoder_hid_dim_type = {projected}"
        if projected != "image_proj":
            found += _tokens("width", reason)
        found.append(Argument("added_cond_kwargs.image_embeds", ("image",), reason))
    kind = config["addition_embed_type"]
    reason = f"addition_embed_type = {kind}"
    known: dict[str, dict[str, Dims]] = {
        "text_time": {"text_embeds": ("text",), "time_ids": ("ids",)},
        "text_image": {"image_embeds": ("image",), "text_embeds": ("text",)},
        "image": {"image_embeds": ("image",)},
        "image_hint": {"image_embeds": ("image",), "hint": ("channels", "height", "width")},
    }
    for name, dims in known.get(kind, {}).items():
        if f"added_cond_kwargs.{name}" not in (argument.name for argument in found):
            found.append(Argument(f"added_cond_kwargs.{name}", dims, reason))
    kind = config["class_embed_type"]
    if kind:
        width = config["projection_class_embeddings_input_dim"]
        dims = () if kind == "timestep" else ("label" if kind == "identity" else width,)
        found.append(Argument("class_labels", dims, f"class_embed_type = {kind}"))
    else:
        found += _labels(config, "num_class_embeds")
    if config["time_cond_proj_dim"]:
        width = config["time_cond_proj_dim"]
        reason = f"time_cond_proj_dim = {width}"
        found.append(Argument("timestep_cond", (width,), reason, required=False))
    return found


def _dit(config: Config) -> list[Argument]:
    # One more than there are: none of them, for guidance.
    return _labels(config, "num_embeds_ada_norm", more=1)


def _pixart(config: Config) -> list[Argument]:
    option = "caption_channels" if config["caption_channels"] else "cross_attention_dim"
    found = [*_tokens(config[option], option), _MASK]
    asked = config["use_additional_conditions"]
    if asked or (asked is None and config["sample_size"] == 128):
        reason = "use_additional_conditions" if asked else "sample_size = 128"
        found.append(Argument("added_cond_kwargs.resolution", (2,), reason))
        found.append(Argument("added_cond_kwargs.aspect_ratio", (1,), reason))
    return found


def _pooled(config: Config) -> list[Argument]:
    width = config["pooled_projection_dim"]
    return [
        *_tokens(config["joint_attention_dim"], "joint_attention_dim"),
        Argument("pooled_projections", (width,), f"pooled_projection_dim = {width}"),
    ]


def _flux(config: Config) -> list[Argument]:
    axes = len(config["axes_dims_rope"])
    reason = f"axes_dims_rope has {axes} entries"
    ids = {"txt_ids": "tokens", "img_ids": "pixels"}
    found = _pooled(config)
    for name, length in ids.items():
        found.append(Argument(name, (length, axes), reason, required=False, batched=False))
    if config["guidance_embeds"]:
        found.append(Argument("guidance", (), "guidance_embeds = true"))
    return found


def _aura(config: Config) -> list[Argument]:
    return _tokens(config["joint_attention_dim"], "joint_attention_dim")


DENOISERS = {
    "UNet2DModel": Denoiser(_unet),
    "UNet2DConditionModel": Denoiser(_condition),
    "DiTTransformer2DModel": Denoiser(_dit),
    "PixArtTransformer2DModel": Denoiser(_pixart),
    "SD3Transformer2DModel": Denoiser(_pooled, flow=True),
    "FluxTransformer2DModel": Denoiser(_flux, flow=True, packed=True, time_scale=1000.0),
    "AuraFlowTransformer2DModel": Denoiser(_aura, flow=True, time_scale=1000.0),
}
"""The classes whose arguments are known beyond their signature."""

RENAMED = {
    "ada_norm_zero": "DiTTransformer2DModel",
    "ada_norm_single": "PixArtTransformer2DModel",
}
"""What diffusers makes of a Transformer2DModel, by its norm_type"""


def real_class(kind: str, config: Config) -> str:
    """The name of the class that diffusers loads where config.json names ``kind``."""
    return RENAMED.get(config.get("norm_type", ""), kind) if kind == "Transformer2DModel" else kind


def null_inputs(kind: str, config: Config) -> dict[str, np.ndarray]:
    """What stands for no condition where the class itself has it: DiT's additional class."""
    if kind != "DiTTransformer2DModel":
        return {}
    return {"class_labels": np.array(config["num_embeds_ada_norm"])}


def image_shape(kind: str, config: Config, size: tuple[int, int] | None) -> tuple[int, int, int]:
    """Height, width and channels of the images, of ``size`` if given; ValueError if wrong."""
    packed = kind in DENOISERS and DENOISERS[kind].packed
    found = size or config.get("sample_size")
    if found is None:
        raise ValueError("there is no sample_size: give that of the images with --size")
    sides = tuple(found) if isinstance(found, list | tuple) else (found, found)
    channels: Any = config.get("in_channels")
    multiple: Any = config.get("patch_size") or 1
    if "UNet" in kind:
        multiple = 2 ** (len(config["block_out_channels"]) - 1)
    if packed and isinstance(channels, int):
        channels, multiple = channels // 4, 2
    if len(sides) != 2 or not all(type(n) is int and n > 0 for n in (*sides, channels, multiple)):
        raise ValueError(
            f"sample_size = {found}, in_channels = {channels}: the images are no planes of pixels"
        )
    height, width = sides
    if height % multiple or width % multiple:
        raise ValueError(
            f"images of {height} x {width} pixels: the model needs multiples of {multiple}; "
            "choose them with --size"
        )
    if kind == "DiTTransformer2DModel" and height != width:
        raise ValueError(f"images of {height} x {width} pixels: the model takes square ones only")
    predicted = config.get("out_channels") or config["in_channels"]
    if predicted < config["in_channels"]:
        raise ValueError(
            f"out_channels = {predicted}: less than in_channels = {config['in_channels']}; "
            "a sampler needs a prediction for every channel of the image"
        )
    return height, width, channels


def check_together(config: Config, arrays: Mapping[str, np.ndarray]) -> None:
    """Raises ValueError if arrays do not fit each other: a text's and the sizes of SDXL."""
    if config.get("addition_embed_type") != "text_time":
        return
    text, sizes = (arrays[name].shape[-1] for name in (TEXT, SIZES))
    each, width = config["addition_time_embed_dim"], config["projection_class_embeddings_input_dim"]
    check_widths(text, sizes, each, width)
