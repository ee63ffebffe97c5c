"""What U-Nets with and without a context share: their options, and how levels are connected."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import Field, PositiveFloat, model_validator

from dittosim.importing.builder import ImportBuilder
from dittosim.importing.options import MAX_LEVELS, ModelConfig, Width, only
from dittosim.importing.resnet import InnerWidths, Resnets, downsample, upsample
from golden.network.graph import IMAGE
from golden.network.nodes import Concat

Attend = Callable[[str, str, int], str]
"""``attend(name, source, channels)`` adds attention of some kind."""

Levels = Annotated[tuple[Width, ...], Field(min_length=1, max_length=MAX_LEVELS)]
"""Channels of each level"""


class UnetConfig(ModelConfig):
    """Options of both classes."""

    out_channels: Width
    center_input_sample: Annotated[bool, only(False)] = False
    time_embedding_type: Annotated[str, only("positional")] = "positional"
    time_embedding_dim: Width | None = None
    freq_shift: Annotated[int, Field(ge=0, le=1 << 16)] = 0
    flip_sin_to_cos: bool = True
    block_out_channels: Levels
    down_block_types: tuple[str, ...]
    up_block_types: tuple[str, ...]
    mid_block_scale_factor: Annotated[float, only(1)] = 1
    downsample_padding: Annotated[int, only(0, 1)] = 1
    act_fn: Annotated[str, only("silu", "swish")] = "silu"
    norm_num_groups: Width = 32
    norm_eps: PositiveFloat = 1e-5
    resnet_time_scale_shift: Annotated[str, only("default", "scale_shift")] = "default"
    class_embed_type: Annotated[str | None, only(None)] = None
    num_class_embeds: Annotated[int, Field(gt=0, le=1 << 24)] | None = None

    @model_validator(mode="after")
    def _levels_agree(self) -> Self:
        levels = len(self.block_out_channels)
        for name in ("down_block_types", "up_block_types"):
            if len(getattr(self, name)) != levels:
                raise ValueError(
                    f"{name} has {len(getattr(self, name))} entries, "
                    f"but block_out_channels has {levels}"
                )
        for number, channels in enumerate(self.block_out_channels):
            if channels % self.norm_num_groups:
                raise ValueError(
                    f"block_out_channels.{number} = {channels}: not a multiple of "
                    f"norm_num_groups = {self.norm_num_groups}"
                )
        if self.block_out_channels[0] % 2:
            raise ValueError(f"block_out_channels.0 = {self.block_out_channels[0]}: must be even")
        return self

    @property
    def classes(self) -> int:
        """Classes that can be asked for; 0 if the model is unconditional."""
        return self.num_class_embeds or 0

    @property
    def scale_shift(self) -> bool:
        """Whether the time scales and shifts normalized channels, instead of shifting alone."""
        return self.resnet_time_scale_shift == "scale_shift"

    @property
    def size_multiple(self) -> int:
        """What the image's height and width must be multiples of."""
        return 2 ** (len(self.block_out_channels) - 1)

    @property
    def embedding_width(self) -> int:
        """Channels of the vector of time and class."""
        return self.time_embedding_dim or 4 * self.block_out_channels[0]


@dataclass(frozen=True)
class Level:
    """One resolution, on the way down or up."""

    channels: int
    blocks: int
    attend: Attend | None = None
    """Attention after each residual block"""


@dataclass(frozen=True)
class Middle:
    """What happens at the lowest resolution."""

    blocks: int
    """Residual blocks"""
    attend: Attend | None = None
    """Attention between the blocks"""


def heads_for(channels: int, size: int | None, where: str) -> int:
    """Heads of attention over ``channels``, each of ``size``; ValueError if that cannot be."""
    if size is None:
        return 1
    if channels % size:
        raise ValueError(f"{where}: does not divide {channels} channels")
    return channels // size


def embedding(b: ImportBuilder, config: UnetConfig, added: str | None = None) -> str:
    """The vector of the time, of the class if there are any, and ``added``, after SiLU."""
    channels = config.block_out_channels[0]
    wave = b.sinusoids(
        "time_proj", channels, cosine_first=config.flip_sin_to_cos, shift=config.freq_shift
    )
    vector = b.time_mlp("time_embedding", wave, channels, config.embedding_width)
    if config.classes:
        label = b.class_embedding("class_embedding", config.classes, config.embedding_width)
        vector = b.sum("embedding", vector, label)
    if added:
        vector = b.sum("embedding.added", vector, added)
    return b.silu("embedding.silu", vector)


def unet(
    b: ImportBuilder,
    config: UnetConfig,
    down: Sequence[Level],
    middle: Middle,
    up: Sequence[Level],
    inner: InnerWidths,
    added: str | None = None,
) -> None:
    """The whole network; every level keeps its tensors for the level of its size on the way up.

    ``inner`` are the channels between the convolutions of pruned residual blocks, ``added`` a
    vector beside that of the time.
    """
    resnets = Resnets(
        b,
        config.norm_num_groups,
        config.norm_eps,
        embedding(b, config, added),
        config.embedding_width,
        config.scale_shift,
        inner,
    )
    channels = config.block_out_channels[0]
    hidden = b.conv("conv_in", IMAGE, config.in_channels, channels, 3)
    kept = [(hidden, channels)]
    for number, level in enumerate(down):
        for block in range(level.blocks):
            name = f"down_blocks.{number}.resnets.{block}"
            hidden = resnets.block(name, hidden, channels, level.channels)
            channels = level.channels
            if level.attend:
                name = f"down_blocks.{number}.attentions.{block}"
                hidden = level.attend(name, hidden, channels)
            kept.append((hidden, channels))
        if number < len(down) - 1:
            name = f"down_blocks.{number}.downsamplers.0"
            hidden = downsample(b, name, hidden, channels, config.downsample_padding)
            kept.append((hidden, channels))
    for block in range(middle.blocks):
        if block and middle.attend:
            hidden = middle.attend(f"mid_block.attentions.{block - 1}", hidden, channels)
        hidden = resnets.block(f"mid_block.resnets.{block}", hidden, channels, channels)
    for number, level in enumerate(up):
        for block in range(level.blocks):
            name = f"up_blocks.{number}.resnets.{block}"
            skip, more = kept.pop()
            hidden = b.add(Concat(name=f"{name}.concat", inputs=(hidden, skip)))
            hidden = resnets.block(name, hidden, channels + more, level.channels)
            channels = level.channels
            if level.attend:
                hidden = level.attend(f"up_blocks.{number}.attentions.{block}", hidden, channels)
        if number < len(up) - 1:
            hidden = upsample(b, f"up_blocks.{number}.upsamplers.0", hidden, channels)
    hidden = b.group_norm(
        "conv_norm_out", hidden, channels, config.norm_num_groups, config.norm_eps
    )
    hidden = b.silu("conv_act", hidden)
    b.conv("conv_out", hidden, channels, config.out_channels, 3)
