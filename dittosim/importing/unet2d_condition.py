"""``UNet2DConditionModel``: U-Nets that attend to a context's tokens (Stable Diffusion, SDXL)."""

from functools import partial
from typing import Annotated, Any, Self

import numpy as np
from pydantic import model_validator

from dittosim.importing.builder import ImportBuilder
from dittosim.importing.options import Count, OneForAll, Width, only
from dittosim.importing.resnet import NO_WIDTHS, InnerWidths
from dittosim.importing.transformer import transformer
from dittosim.importing.unet import Attend, Level, Levels, Middle, UnetConfig, unet

DOWN = only("DownBlock2D", "CrossAttnDownBlock2D")
UP = only("UpBlock2D", "CrossAttnUpBlock2D")
MIDDLE = only("UNetMidBlock2DCrossAttn", "UNetMidBlock2D", None)

CountPerLevel = Count | tuple[Count, ...]
"""A number for each level, or one for all."""
WidthPerLevel = Width | tuple[Width, ...]
PER_LEVEL = (
    "layers_per_block",
    "transformer_layers_per_block",
    "reverse_transformer_layers_per_block",
    "attention_head_dim",
)
Off = Annotated[bool | None, OneForAll, only(False, None)]
Absent = Annotated[object, only(None)]


class Unet2dConditionConfig(UnetConfig):
    """Options of the class."""

    in_channels: Width = 4
    out_channels: Width = 4
    block_out_channels: Levels = (320, 640, 1280, 1280)
    down_block_types: tuple[Annotated[str, DOWN], ...] = (
        *3 * ("CrossAttnDownBlock2D",),
        "DownBlock2D",
    )
    up_block_types: tuple[Annotated[str, UP], ...] = ("UpBlock2D", *3 * ("CrossAttnUpBlock2D",))
    mid_block_type: Annotated[str | None, MIDDLE] = "UNetMidBlock2DCrossAttn"
    layers_per_block: CountPerLevel = 2
    transformer_layers_per_block: CountPerLevel = 1
    attention_head_dim: WidthPerLevel = 8
    cross_attention_dim: Annotated[Width, OneForAll] = 1280
    use_linear_projection: bool = False
    upcast_attention: bool | None = False
    only_cross_attention: Off = False
    mid_block_only_cross_attention: Off = None
    dual_cross_attention: Off = False
    class_embeddings_concat: Off = False
    resnet_skip_time_act: Off = False
    resnet_out_scale_factor: Annotated[float, only(1)] = 1
    conv_in_kernel: Annotated[int, only(3)] = 3
    conv_out_kernel: Annotated[int, only(3)] = 3
    attention_type: Annotated[str, only("default")] = "default"
    reverse_transformer_layers_per_block: tuple[Count, ...] | None = None
    num_attention_heads: Absent = None
    encoder_hid_dim: Absent = None
    encoder_hid_dim_type: Absent = None
    addition_embed_type: Annotated[str | None, only(None, "text_time")] = None
    addition_embed_type_num_heads: int = 64
    addition_time_embed_dim: Width | None = None
    projection_class_embeddings_input_dim: Width | None = None
    time_embedding_act_fn: Absent = None
    timestep_post_act: Absent = None
    time_cond_proj_dim: Absent = None
    cross_attention_norm: Absent = None

    @model_validator(mode="before")
    @classmethod
    def _lists_are_as_long_as_the_levels(cls, values: Any) -> Any:
        # Before they become the one value that they hold for all levels.
        lists = ("cross_attention_dim", "only_cross_attention") if isinstance(values, dict) else ()
        for name in lists:
            value, types = values.get(name), values.get("down_block_types")
            if isinstance(value, list) and isinstance(types, list) and len(value) != len(types):
                raise ValueError(
                    f"{name} has {len(value)} entries, but down_block_types has {len(types)}"
                )
        return values

    @model_validator(mode="after")
    def _one_for_each_level(self) -> Self:
        levels = len(self.block_out_channels)
        for name in PER_LEVEL:
            value = getattr(self, name)
            if isinstance(value, tuple) and len(value) != levels:
                raise ValueError(
                    f"{name} has {len(value)} entries, but block_out_channels has {levels}"
                )
        for number, (channels, heads) in enumerate(
            zip(self.block_out_channels, self.per_level(self.attention_head_dim), strict=True)
        ):
            if channels % heads:
                raise ValueError(
                    f"attention_head_dim = {heads}: that many heads do not divide the {channels} "
                    f"channels of block {number}"
                )
        return self

    @model_validator(mode="after")
    def _widths_of_what_is_added(self) -> Self:
        each, width = self.addition_time_embed_dim, self.projection_class_embeddings_input_dim
        if self.addition_embed_type and (each is None or width is None):
            raise ValueError(
                f"addition_embed_type = {self.addition_embed_type} needs addition_time_embed_dim "
                "and projection_class_embeddings_input_dim"
            )
        if self.addition_embed_type and each and each % 2:
            raise ValueError(f"addition_time_embed_dim = {each}: must be even")
        return self

    def per_level(self, value: int | tuple[int, ...]) -> tuple[int, ...]:
        """The value of each level."""
        return value if isinstance(value, tuple) else (value,) * len(self.block_out_channels)


def build(
    config: Unet2dConditionConfig,
    context: np.ndarray,
    inner: InnerWidths = NO_WIDTHS,
    added: np.ndarray | None = None,
) -> ImportBuilder:
    """The graph with ``context`` float32 (tokens, cross_attention_dim) as a constant of it.

    ``inner`` are the channels between the convolutions of pruned residual blocks; ``added`` is the
    vector of :mod:`dittosim.importing.added`, for models that take one.
    """
    b = ImportBuilder()
    tokens = b.constant("encoder_hidden_states", context[None])
    channels = config.block_out_channels
    layers = config.per_level(config.layers_per_block)
    heads = config.per_level(config.attention_head_dim)
    blocks = config.per_level(config.transformer_layers_per_block)
    upward_blocks = config.reverse_transformer_layers_per_block or blocks[::-1]

    def attend(level: int, blocks: int) -> Attend:
        return partial(
            transformer,
            b,
            context=(tokens, config.cross_attention_dim),
            heads=heads[level],
            blocks=blocks,
            groups=config.norm_num_groups,
            linear_projection=config.use_linear_projection,
        )

    def level(number: int, kind: str, resnets: int, blocks: int) -> Level:
        attention = attend(number, blocks) if kind.startswith("CrossAttn") else None
        return Level(channels[number], resnets, attention)

    types = enumerate(config.down_block_types)
    down = [level(i, kind, layers[i], blocks[i]) for i, kind in types]
    upwards = zip(reversed(range(len(channels))), config.up_block_types, upward_blocks, strict=True)
    up = [level(i, kind, layers[i] + 1, count) for i, kind, count in upwards]
    middles = {
        "UNetMidBlock2DCrossAttn": Middle(2, attend(-1, blocks[-1])),
        "UNetMidBlock2D": Middle(1),
        None: Middle(0),
    }
    vector = None
    if added is not None:
        name = b.constant("added_cond_kwargs", added[None, None])
        vector = b.time_mlp("add_embedding", name, len(added), config.embedding_width)
    unet(b, config, down, middles[config.mid_block_type], up, inner, vector)
    return b
