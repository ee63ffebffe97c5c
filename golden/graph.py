"""A network as an explicit list of nodes, the one description that every interpreter executes.

NumPy (:mod:`golden.execution`) and PyTorch (:mod:`golden.training.torch_graph`) run the same
graph, so a trained model needs no conversion between the two.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

IMAGE = "image"
"""Name of the graph's input: the noisy image, float32 (batch, height, width, channels)."""


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    inputs: tuple[str, ...]

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Shapes of the node's weights by their name within the node."""
        return {}


class Conv2d(_Node):
    """Convolution, channels last; weight (kernel, kernel, in_channels, out_channels)."""

    op: Literal["conv2d"] = "conv2d"
    in_channels: int = Field(gt=0)
    out_channels: int = Field(gt=0)
    kernel: int = Field(gt=0)
    stride: int = Field(default=1, gt=0)
    padding: int = Field(default=0, ge=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {
            "weight": (self.kernel, self.kernel, self.in_channels, self.out_channels),
            "bias": (self.out_channels,),
        }


class Linear(_Node):
    """Fully connected layer over the last axis; weight (in_channels, out_channels)."""

    op: Literal["linear"] = "linear"
    in_channels: int = Field(gt=0)
    out_channels: int = Field(gt=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.in_channels, self.out_channels), "bias": (self.out_channels,)}


class GroupNorm(_Node):
    """Group normalization over space and the channels of each group."""

    op: Literal["group_norm"] = "group_norm"
    channels: int = Field(gt=0)
    groups: int = Field(gt=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.channels,), "bias": (self.channels,)}


class Silu(_Node):
    """x * sigmoid(x)."""

    op: Literal["silu"] = "silu"


class Add(_Node):
    """Elementwise sum of two tensors."""

    op: Literal["add"] = "add"


class Concat(_Node):
    """Concatenation along the channels."""

    op: Literal["concat"] = "concat"


class Upsample(_Node):
    """Nearest-neighbour upsampling by two in height and width."""

    op: Literal["upsample"] = "upsample"


class Attention(_Node):
    """Self attention over all pixels; the input holds q, k and v side by side in its channels."""

    op: Literal["attention"] = "attention"
    heads: int = Field(gt=0)


class TimeEmbedding(_Node):
    """Sinusoids of the diffusion time, through two fully connected layers with SiLU after each."""

    op: Literal["time_embedding"] = "time_embedding"
    frequencies: int = Field(gt=0)
    width: int = Field(gt=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {
            "weight0": (2 * self.frequencies, self.width),
            "bias0": (self.width,),
            "weight1": (self.width, self.width),
            "bias1": (self.width,),
        }


class TimeBias(_Node):
    """Adds to each channel a linear function of the time embedding (inputs: tensor, embedding)."""

    op: Literal["time_bias"] = "time_bias"
    width: int = Field(gt=0)
    channels: int = Field(gt=0)

    def parameter_shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Weights of this kind of node."""
        return {"weight": (self.width, self.channels), "bias": (self.channels,)}


MatmulNode = Conv2d | Linear
"""The nodes that the accelerator computes: integer matrix products."""

Node = Annotated[
    Conv2d
    | Linear
    | GroupNorm
    | Silu
    | Add
    | Concat
    | Upsample
    | Attention
    | TimeEmbedding
    | TimeBias,
    Field(discriminator="op"),
]

_ARITY = {"add": 2, "concat": 2, "time_bias": 2, "time_embedding": 0}


class Graph(BaseModel):
    """Nodes in an order in which they can be executed; the last one is the output."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nodes: tuple[Node, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _executable(self) -> Self:
        known = {IMAGE}
        for node in self.nodes:
            arity = _ARITY.get(node.op, 1)
            if len(node.inputs) != arity:
                raise ValueError(
                    f"node '{node.name}': {node.op} takes {arity} inputs, got {len(node.inputs)}"
                )
            for source in node.inputs:
                if source not in known:
                    raise ValueError(
                        f"node '{node.name}': input '{source}' is not computed before it; "
                        "list nodes so that each comes after its inputs"
                    )
            if node.name in known:
                raise ValueError(f"node '{node.name}': the name is used twice")
            known.add(node.name)
        return self

    def check_channels(self, image_channels: int) -> None:
        """Checks that every node gets the channels it expects; ValueError names the node."""
        channels = {IMAGE: image_channels}
        for node in self.nodes:
            inputs = [channels[source] for source in node.inputs]
            expected, channels[node.name] = _channels(node, inputs)
            if inputs != expected:
                raise ValueError(
                    f"node '{node.name}': {node.op} takes {expected} channels, got {inputs}"
                )

    def matmuls(self) -> Iterator[MatmulNode]:
        """The convolutions and fully connected layers, in execution order."""
        for node in self.nodes:
            if isinstance(node, MatmulNode):
                yield node

    def parameter_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of every weight, by ``node.parameter``."""
        return {
            f"{node.name}.{key}": shape
            for node in self.nodes
            for key, shape in node.parameter_shapes().items()
        }


def _channels(node: Node, inputs: list[int]) -> tuple[list[int], int]:
    """The input channels that ``node`` expects, given the actual ones, and its output channels."""
    match node:
        case Conv2d() | Linear():
            return [node.in_channels], node.out_channels
        case GroupNorm():
            if node.channels % node.groups:
                raise ValueError(
                    f"node '{node.name}': groups = {node.groups} do not divide "
                    f"channels = {node.channels}"
                )
            return [node.channels], node.channels
        case Add():
            return [inputs[0], inputs[0]], inputs[0]
        case Concat():
            return inputs, sum(inputs)
        case Attention():
            of_one = inputs[0] // (3 * node.heads) * node.heads
            return [3 * of_one], of_one
        case TimeEmbedding():
            return [], node.width
        case TimeBias():
            return [node.channels, node.width], node.channels
        case Silu() | Upsample():
            return inputs, inputs[0]
