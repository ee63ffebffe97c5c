"""``UNet2DModel``: U-Nets of pixels or latents with self attention (DDPM, unconditional LDM)."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from dittosim.importing.builder import ImportBuilder
from dittosim.importing.options import Count, Width, only
from dittosim.importing.resnet import NO_WIDTHS, InnerWidths, pixel_attention
from dittosim.importing.unet import Attend, Level, Levels, Middle, UnetConfig, heads_for, unet

DOWN = only("DownBlock2D", "AttnDownBlock2D")
UP = only("UpBlock2D", "AttnUpBlock2D")


class Unet2dConfig(UnetConfig):
    """Options of the class."""

    in_channels: Width = 3
    out_channels: Width = 3
    block_out_channels: Levels = (224, 448, 672, 896)
    down_block_types: tuple[Annotated[str, DOWN], ...] = ("DownBlock2D", *3 * ("AttnDownBlock2D",))
    up_block_types: tuple[Annotated[str, UP], ...] = (*3 * ("AttnUpBlock2D",), "UpBlock2D")
    mid_block_type: Annotated[str | None, only("UNetMidBlock2D", None)] = "UNetMidBlock2D"
    layers_per_block: Count = 2
    downsample_type: Annotated[str, only("conv")] = "conv"
    upsample_type: Annotated[str, only("conv")] = "conv"
    attention_head_dim: Width | None = 8
    attn_norm_num_groups: Width | None = None
    add_attention: bool = True
    num_train_timesteps: int | None = None


def build(config: Unet2dConfig, inner: InnerWidths = NO_WIDTHS) -> ImportBuilder:
    """The graph; ValueError for options that do not go together.

    ``inner`` are the channels between the convolutions of pruned residual blocks.
    """
    b = ImportBuilder()

    def attend(where: str, channels: int, groups: int | None = config.norm_num_groups) -> Attend:
        heads = heads_for(
            channels,
            config.attention_head_dim,
            f"attention_head_dim = {config.attention_head_dim} in {where}",
        )
        return partial(pixel_attention, b, heads=heads, groups=groups, epsilon=config.norm_eps)

    def levels(
        field: str, types: tuple[str, ...], all_channels: tuple[int, ...], blocks: int
    ) -> Iterator[Level]:
        for number, (kind, channels) in enumerate(zip(types, all_channels, strict=True)):
            with_attention = kind.startswith("Attn")
            where = f"{field}.{number}"
            yield Level(channels, blocks, attend(where, channels) if with_attention else None)

    blocks, channels = config.layers_per_block, config.block_out_channels
    down = list(levels("down_block_types", config.down_block_types, channels, blocks))
    middle = Middle(0)
    if config.mid_block_type:
        usual = None if config.scale_shift else config.norm_num_groups
        groups = config.attn_norm_num_groups or usual
        attention = attend("mid_block_type", channels[-1], groups) if config.add_attention else None
        middle = Middle(2, attention)
    up = list(levels("up_block_types", config.up_block_types, channels[::-1], blocks + 1))
    unet(b, config, down, middle, up, inner)
    return b
