"""The kinds of nodes that a network's graph is made of.

Tensors are channels last: every node computes one tensor of shape (batch, height, width,
channels). Tokens lie in the width, vectors (embeddings, per-channel factors) have height and
width 1. Shapes below leave the batch out.
"""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from golden.formats.im2col import output_size

Shape = tuple[int, int, int]
"""height, width, channels"""

Positive = Annotated[int, Field(gt=0, le=1 << 24)]


class NodeBase(BaseModel):
    """What every node has."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: str = Field(min_length=1)
    inputs: tuple[str, ...]

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the node's weights by their name within the node."""
        return {}

    @abstractmethod
    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Shape of the node's tensor; ValueError if it cannot take such ``inputs``."""


def _one_of(inputs: Sequence[Shape], channels: int) -> Shape:
    (shape,) = inputs
    if shape[-1] != channels:
        raise ValueError(f"takes {channels} channels, got {shape[-1]}")
    return shape


class _OneToOne(NodeBase):
    inputs: tuple[str]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The input's."""
        return inputs[0]


class Conv2d(NodeBase):
    """Convolution; weight (kernel, kernel, in_channels, out_channels).

    The image has ``padding`` zeros on every side, and ``trailing`` more below and to the right.
    """

    op: Literal["conv2d"] = "conv2d"
    inputs: tuple[str]
    in_channels: Positive
    out_channels: Positive
    kernel: Positive
    stride: Positive = 1
    padding: int = Field(default=0, ge=0, le=1 << 16)
    trailing: int = Field(default=0, ge=0, le=1 << 16)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {
            "weight": (self.kernel, self.kernel, self.in_channels, self.out_channels),
            "bias": (self.out_channels,),
        }

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Each output pixel is a window of the input."""
        height, width, _ = _one_of(inputs, self.in_channels)
        size = [
            output_size(n + self.trailing, self.kernel, self.stride, self.padding)
            for n in (height, width)
        ]
        if min(size) < 1:
            raise ValueError(f"kernel {self.kernel} does not fit {height} x {width} pixels")
        return size[0], size[1], self.out_channels


class Linear(NodeBase):
    """Fully connected layer over the channels; weight (in_channels, out_channels)."""

    op: Literal["linear"] = "linear"
    inputs: tuple[str]
    in_channels: Positive
    out_channels: Positive

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.in_channels, self.out_channels), "bias": (self.out_channels,)}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Other channels."""
        return (*_one_of(inputs, self.in_channels)[:2], self.out_channels)


class AttentionScores(NodeBase):
    """Queries times keys over the square root of their length, per head; inputs (query, key).

    Every pixel of either input is a token whose channels hold the heads one after the other. Each
    output pixel holds, head after head, its scores with all tokens of ``key``.
    """

    op: Literal["attention_scores"] = "attention_scores"
    inputs: tuple[str, str]
    heads: Positive

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Channels are heads x tokens of the key."""
        query, key = inputs
        if query[-1] != key[-1]:
            raise ValueError(f"query and key have {query[-1]} and {key[-1]} channels")
        if query[-1] % self.heads:
            raise ValueError(f"heads = {self.heads} do not divide {query[-1]} channels")
        return query[0], query[1], self.heads * key[0] * key[1]


class AttentionMix(NodeBase):
    """Values weighted by probabilities, per head; inputs (probabilities, value).

    Probabilities are laid out like :class:`AttentionScores`, the output like its query.
    """

    op: Literal["attention_mix"] = "attention_mix"
    inputs: tuple[str, str]
    heads: Positive

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Channels of the value, pixels of the probabilities."""
        probabilities, value = inputs
        if value[-1] % self.heads:
            raise ValueError(f"heads = {self.heads} do not divide {value[-1]} channels")
        if probabilities[-1] != self.heads * value[0] * value[1]:
            raise ValueError(
                f"{probabilities[-1]} probabilities are not {self.heads} heads x "
                f"{value[0] * value[1]} tokens"
            )
        return probabilities[0], probabilities[1], value[-1]


class Softmax(NodeBase):
    """Softmax over each of ``heads`` equal parts of the channels."""

    op: Literal["softmax"] = "softmax"
    inputs: tuple[str]
    heads: Positive

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The input's."""
        if inputs[0][-1] % self.heads:
            raise ValueError(f"heads = {self.heads} do not divide {inputs[0][-1]} channels")
        return inputs[0]


class GroupNorm(NodeBase):
    """Group normalization over space and the channels of each group."""

    op: Literal["group_norm"] = "group_norm"
    inputs: tuple[str]
    channels: Positive
    groups: Positive
    epsilon: float = Field(default=1e-5, gt=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.channels,), "bias": (self.channels,)}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The input's."""
        if self.channels % self.groups:
            raise ValueError(f"groups = {self.groups} do not divide channels = {self.channels}")
        return _one_of(inputs, self.channels)


class LayerNorm(NodeBase):
    """Normalization over the channels of each pixel; without weights unless ``affine``.

    Adaptive layer norm is this, followed by a multiplication and an addition of vectors.
    """

    op: Literal["layer_norm"] = "layer_norm"
    inputs: tuple[str]
    channels: Positive
    affine: bool = True
    epsilon: float = Field(default=1e-5, gt=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.channels,), "bias": (self.channels,)} if self.affine else {}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The input's."""
        return _one_of(inputs, self.channels)


class Silu(_OneToOne):
    """x * sigmoid(x)."""

    op: Literal["silu"] = "silu"


class Gelu(_OneToOne):
    """x * Phi(x), with the normal distribution function, or its approximation by tanh."""

    op: Literal["gelu"] = "gelu"
    approximate: Literal["none", "tanh"] = "none"


class _Elementwise(NodeBase):
    inputs: tuple[str, str]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """The first input's; the second has the same, or is a vector for all pixels."""
        first, second = inputs
        if second not in (first, (1, 1, first[-1])):
            raise ValueError(f"inputs of {_text(first)} and {_text(second)} do not go together")
        return first


class Add(_Elementwise):
    """Elementwise sum; the second input may be a vector, added to every pixel."""

    op: Literal["add"] = "add"


class Multiply(_Elementwise):
    """Elementwise product; the second input may be a vector, for every pixel."""

    op: Literal["multiply"] = "multiply"


class Concat(NodeBase):
    """Concatenation of two tensors along the channels."""

    op: Literal["concat"] = "concat"
    inputs: tuple[str, str]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Channels of both."""
        first, second = inputs
        if first[:2] != second[:2]:
            raise ValueError(f"inputs of {_text(first)} and {_text(second)} do not go together")
        return (*first[:2], first[-1] + second[-1])


class Upsample(NodeBase):
    """Nearest-neighbour upsampling by two in height and width."""

    op: Literal["upsample"] = "upsample"
    inputs: tuple[str]

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """Twice the height and width."""
        height, width, channels = inputs[0]
        return 2 * height, 2 * width, channels


class Unpatchify(NodeBase):
    """Spreads each pixel's channels over a patch x patch square: (row, column, channel)."""

    op: Literal["unpatchify"] = "unpatchify"
    inputs: tuple[str]
    patch: Positive

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:
        """``patch`` times the height and width."""
        height, width, channels = inputs[0]
        if channels % self.patch**2:
            raise ValueError(f"{channels} channels do not fill patches of {self.patch} squared")
        return self.patch * height, self.patch * width, channels // self.patch**2


class Quantize(_OneToOne):
    """The same values in the fewer bits of a matrix product's operand; identity in float."""

    op: Literal["quantize"] = "quantize"


class _Source(NodeBase):
    inputs: tuple[()] = ()


class Sinusoids(_Source):
    """Sine and cosine of the diffusion time at falling frequencies, a vector.

    Frequency ``i`` is ``10000 ** (-i / (frequencies - shift))``.
    """

    op: Literal["sinusoids"] = "sinusoids"
    frequencies: Positive
    cosine_first: bool = False
    shift: float = Field(default=0.0, ge=0)

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:  # noqa: ARG002
        """A sine and a cosine of each frequency."""
        if self.shift >= self.frequencies:
            raise ValueError(f"shift = {self.shift} must be below {self.frequencies} frequencies")
        return 1, 1, 2 * self.frequencies


class ClassEmbedding(_Source):
    """Learned tokens of the class asked for; weight (classes, tokens, channels)."""

    op: Literal["class_embedding"] = "class_embedding"
    classes: Positive
    tokens: Positive = 1
    channels: Positive

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.classes, self.tokens, self.channels)}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:  # noqa: ARG002
        """Tokens in the width."""
        return 1, self.tokens, self.channels


class Constant(_Source):
    """A tensor that never changes (positions, a context); value (height, width, channels)."""

    op: Literal["constant"] = "constant"
    shape: tuple[Positive, Positive, Positive]

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"value": self.shape}

    def output_shape(self, inputs: Sequence[Shape]) -> Shape:  # noqa: ARG002
        """As given."""
        return self.shape


WeightedMatmul = Conv2d | Linear
AttentionMatmul = AttentionScores | AttentionMix
MatmulNode = WeightedMatmul | AttentionMatmul
"""The nodes that the array of PEs computes: integer matrix products."""

NonLinear = GroupNorm | LayerNorm | Silu | Gelu | Softmax | Multiply
"""The nodes through which differences cannot be passed on."""

Node = Annotated[
    Conv2d
    | Linear
    | AttentionScores
    | AttentionMix
    | Softmax
    | GroupNorm
    | LayerNorm
    | Silu
    | Gelu
    | Add
    | Multiply
    | Concat
    | Upsample
    | Unpatchify
    | Quantize
    | Sinusoids
    | ClassEmbedding
    | Constant,
    Field(discriminator="op"),
]


def _text(shape: Shape) -> str:
    return " x ".join(map(str, shape))
