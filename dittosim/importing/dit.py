"""``DiTTransformer2DModel``: transformers with adaptive layer norm, conditioned on a class (DiT).

Also ``Transformer2DModel`` with the norm type ``ada_norm_zero``, its name in older checkpoints.
"""

from typing import Annotated, Self

import numpy as np
from pydantic import Field, PositiveFloat, model_validator

from dittosim.importing.builder import ImportBuilder, Origin
from dittosim.importing.options import Count, ModelConfig, Side, Width, only
from dittosim.importing.transformer import Activation, feed_forward
from golden.network.graph import IMAGE
from golden.network.nodes import Unpatchify

TIME_CHANNELS = 256
EPSILON = 1e-6
"""Of the adaptive norms"""
VECTORS = ("shift_msa", "scale_msa", "gate_msa", "shift_mlp", "scale_mlp", "gate_mlp")
"""What a block's condition is cut into, under diffusers' names: attention (msa) and mlp."""

Absent = Annotated[object, only(None)]
Classes = Annotated[int, Field(gt=0, le=1 << 24)]
MAX_POSITIONS = 1 << 28
"""Elements of the position embedding, which is computed before anything is read"""


class DitConfig(ModelConfig):
    """Options of the class."""

    num_attention_heads: Width = 16
    attention_head_dim: Width = 72
    in_channels: Width = 4
    out_channels: Width | None = None
    num_layers: Count = 28
    norm_num_groups: int | None = 32
    attention_bias: bool = True
    sample_size: Side = 32
    patch_size: Side = 2
    activation_fn: Activation = "gelu-approximate"
    num_embeds_ada_norm: Classes = 1000
    upcast_attention: bool = False
    norm_type: Annotated[str, only("ada_norm_zero")] = "ada_norm_zero"
    norm_elementwise_affine: bool = False
    norm_eps: PositiveFloat = 1e-5

    @model_validator(mode="after")
    def _positions_are_pairs(self) -> Self:
        if self.channels % 4:
            raise ValueError(
                f"num_attention_heads x attention_head_dim = {self.channels}: must be a multiple "
                "of 4 for sines and cosines of two coordinates"
            )
        return self

    @property
    def channels(self) -> int:
        """Of a token."""
        return self.num_attention_heads * self.attention_head_dim

    @property
    def classes(self) -> int:
        """Those of the embedding: one more than the model has, for guidance without classes."""
        return self.num_embeds_ada_norm + 1

    @property
    def size_multiple(self) -> int:
        """What the image's height and width must be multiples of."""
        return self.patch_size

    @property
    def position_scale(self) -> int:
        """Divides the coordinates of the position embedding."""
        return 1


class OldDitConfig(DitConfig):
    """Options of ``Transformer2DModel`` when it is a DiT."""

    attention_head_dim: Width = 88
    num_layers: Count = 1
    attention_bias: bool = False
    patch_size: Side
    activation_fn: Activation = "geglu"
    num_embeds_ada_norm: Classes
    norm_type: Annotated[str, only("ada_norm_zero")]
    norm_elementwise_affine: bool = True
    cross_attention_dim: Absent = None
    num_vector_embeds: Absent = None
    caption_channels: Absent = None
    use_linear_projection: bool = False
    only_cross_attention: Annotated[bool, only(False)] = False
    double_self_attention: Annotated[bool, only(False)] = False
    attention_type: Annotated[str, only("default")] = "default"
    use_additional_conditions: Annotated[bool | None, only(None, False)] = None
    interpolation_scale: Side | None = None

    @property
    def position_scale(self) -> int:
        """Divides the coordinates of the position embedding."""
        return self.interpolation_scale or max(self.sample_size // 64, 1)


def build(config: DitConfig, side: int) -> ImportBuilder:
    """The graph for images of ``side`` squared pixels; ValueError for too many."""
    if (side // config.patch_size) ** 2 * config.channels > MAX_POSITIONS:
        raise ValueError(
            f"images of {side} x {side} pixels: positions of {config.channels} channels would take "
            f"more than {MAX_POSITIONS:,} elements"
        )
    b = ImportBuilder()
    patch, channels = config.patch_size, config.channels
    hidden = b.conv(
        "pos_embed.proj", IMAGE, config.in_channels, channels, patch, stride=patch, padding=0
    )
    position = b.constant("pos_embed.pos_embed", positions(config, side // patch))
    hidden = b.sum("pos_embed", hidden, position)
    for number in range(config.num_layers):
        hidden = _block(b, config, f"transformer_blocks.{number}", hidden)
    condition = "transformer_blocks.0.norm1.silu"
    hidden = b.layer_norm("norm_out", hidden, channels, EPSILON, affine=False)
    shift, scale = (
        b.linear_part(
            f"proj_out_1.{name}",
            condition,
            channels,
            channels,
            Origin(("proj_out_1",), part, 2, offset=float(name == "scale")),
        )
        for part, name in enumerate(("shift", "scale"))
    )
    hidden = _modulated(b, "norm_out", hidden, shift, scale)
    out = config.out_channels or config.in_channels
    hidden = b.linear("proj_out_2", hidden, channels, patch**2 * out)
    b.add(Unpatchify(name="output", inputs=(hidden,), patch=patch))
    return b


def positions(config: DitConfig, tokens: int) -> np.ndarray:
    """Sines and cosines of column and row, float64 (tokens, tokens, channels)."""
    base = config.sample_size // config.patch_size
    coordinates = np.arange(tokens) / (tokens / base) / config.position_scale
    quarter = config.channels // 4
    angles = np.outer(coordinates, 1e-4 ** (np.arange(quarter) / quarter))
    waves = np.concatenate([np.sin(angles), np.cos(angles)], axis=-1)
    shape = (tokens, tokens, 2 * quarter)
    columns, rows = np.broadcast_to(waves, shape), np.broadcast_to(waves[:, None], shape)
    return np.concatenate([columns, rows], axis=-1)


def _block(b: ImportBuilder, config: DitConfig, name: str, source: str) -> str:
    channels, norm = config.channels, f"{name}.norm1"
    wave = b.sinusoids(f"{norm}.emb.time_proj", TIME_CHANNELS, cosine_first=True, shift=1)
    time = b.time_mlp(f"{norm}.emb.timestep_embedder", wave, TIME_CHANNELS, channels)
    label = b.class_embedding(
        f"{norm}.emb.class_embedder.embedding_table", config.classes, channels
    )
    condition = b.silu(f"{norm}.silu", b.sum(f"{norm}.emb", time, label))
    vectors = {
        vector: b.linear_part(
            f"{norm}.linear.{vector}",
            condition,
            channels,
            channels,
            Origin(
                (f"{norm}.linear",),
                part,
                len(VECTORS),
                offset=float(vector.startswith("scale")),
            ),
        )
        for part, vector in enumerate(VECTORS)
    }
    hidden = b.layer_norm(f"{norm}.norm", source, channels, EPSILON, affine=False)
    hidden = _modulated(b, norm, hidden, vectors["shift_msa"], vectors["scale_msa"])
    hidden = b.attend(
        f"{name}.attn1",
        hidden,
        hidden,
        channels,
        channels,
        config.num_attention_heads,
        biased=config.attention_bias,
    )
    hidden = b.product(f"{name}.attn1.gated", hidden, vectors["gate_msa"])
    source = b.sum(f"{name}.attended", source, hidden)
    hidden = b.layer_norm(
        f"{name}.norm3", source, channels, config.norm_eps, affine=config.norm_elementwise_affine
    )
    hidden = _modulated(b, f"{name}.norm3", hidden, vectors["shift_mlp"], vectors["scale_mlp"])
    hidden = feed_forward(b, f"{name}.ff", hidden, channels, config.activation_fn)
    hidden = b.product(f"{name}.ff.gated", hidden, vectors["gate_mlp"])
    return b.sum(name, source, hidden)


def _modulated(b: ImportBuilder, name: str, source: str, shift: str, factor: str) -> str:
    """The normalized tensor times the factor 1 + scale, plus the shift."""
    scaled = b.product(f"{name}.scaled", source, factor)
    return b.sum(f"{name}.shifted", scaled, shift)
