"""Runs a :class:`golden.network.graph.Graph` in PyTorch, for training (extra ``train``)."""

# Its annotations are not looked at: the documentation is made without PyTorch.
from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from golden.floating.operators import sinusoids
from golden.network import nodes as n
from golden.network.graph import IMAGE, Graph


class TorchGraph(nn.Module):
    """The graph as a PyTorch module; tensors are (batch, height, width, channels)."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.weights = nn.ParameterDict()
        for node in graph.nodes:
            for kind, shape in node.parameter_shapes().items():
                self.weights[_key(node, kind)] = nn.Parameter(_initial(graph, node, kind, shape))

    def load(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Takes over weights by ``node.parameter``."""
        with torch.no_grad():
            for name, value in self.weights.items():
                value.copy_(torch.from_numpy(arrays[name.replace("/", ".")]))

    def named_arrays(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The weights with their names, ``node.parameter``."""
        for name, value in self.weights.items():
            yield name.replace("/", "."), value

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as float32 arrays by ``node.parameter``."""
        return {
            name.replace("/", "."): value.detach().numpy().copy()
            for name, value in self.weights.items()
        }

    def forward(
        self, image: torch.Tensor, time: torch.Tensor, labels: torch.Tensor | None = None
    ) -> torch.Tensor:
        """The graph's output for ``image`` at ``time`` (batch,), of the classes ``labels``."""
        values = {IMAGE: image}
        for node in self.graph.nodes:
            inputs = [values[source] for source in node.inputs]
            values[node.name] = self._run(node, inputs, time, labels)
        return values[self.graph.nodes[-1].name]

    def _run(
        self,
        node: n.Node,
        inputs: list[torch.Tensor],
        time: torch.Tensor,
        labels: torch.Tensor | None,
    ) -> torch.Tensor:
        own = [self.weights[_key(node, kind)] for kind in node.parameter_shapes()]
        match node:
            case n.Conv2d():
                planes, kernel = inputs[0].permute(0, 3, 1, 2), own[0].permute(3, 2, 0, 1)
                planes = F.pad(planes, (0, node.trailing, 0, node.trailing))
                found = F.conv2d(planes, kernel, own[1], node.stride, node.padding)
                return found.permute(0, 2, 3, 1)
            case n.Linear():
                return F.linear(inputs[0], own[0].T, own[1])
            case n.AttentionScores():
                query, key = (_split(x, node.heads) for x in inputs)
                return _merge(query @ key.mT * query.shape[-1] ** -0.5, inputs[0])
            case n.AttentionMix():
                shares, value = (_split(x, node.heads) for x in inputs)
                return _merge(shares @ value, inputs[0])
            case n.Softmax():
                return inputs[0].unflatten(-1, (node.heads, -1)).softmax(-1).flatten(-2)
            case n.GroupNorm():
                planes = inputs[0].permute(0, 3, 1, 2)
                found = F.group_norm(planes, node.groups, own[0], own[1], node.epsilon)
                return found.permute(0, 2, 3, 1)
            case n.LayerNorm():
                weight, bias = own if node.affine else (None, None)
                return F.layer_norm(inputs[0], (node.channels,), weight, bias, node.epsilon)
            case n.Silu():
                return F.silu(inputs[0])
            case n.Gelu():
                return F.gelu(inputs[0], approximate=node.approximate)
            case n.Add():
                return inputs[0] + inputs[1]
            case n.Multiply():
                return inputs[0] * inputs[1]
            case n.Concat():
                batch = max(len(x) for x in inputs)
                return torch.cat([x.expand(batch, -1, -1, -1) for x in inputs], -1)
            case n.Upsample():
                return F.interpolate(inputs[0].permute(0, 3, 1, 2), scale_factor=2).permute(
                    0, 2, 3, 1
                )
            case n.Unpatchify():
                patches = inputs[0].unflatten(-1, (node.patch, node.patch, -1))
                return patches.transpose(2, 3).flatten(3, 4).flatten(1, 2)
            case n.Quantize():
                return inputs[0]
            case n.Sinusoids():
                wave = sinusoids(time.numpy(), node.frequencies, node.cosine_first, node.shift)
                return torch.from_numpy(wave).float()
            case n.ClassEmbedding():
                if labels is None:
                    raise ValueError(f"node '{node.name}' needs the classes asked for")
                return own[0][labels][:, None]
            case n.Constant():
                return own[0][None]


def _split(x: torch.Tensor, heads: int) -> torch.Tensor:
    return x.flatten(1, 2).unflatten(-1, (heads, -1)).transpose(1, 2)


def _merge(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return x.transpose(1, 2).flatten(2).unflatten(1, like.shape[1:3])


def _key(node: n.Node, kind: str) -> str:
    return f"{node.name}.{kind}".replace(".", "/")


def _initial(graph: Graph, node: n.Node, kind: str, shape: tuple[int, ...]) -> torch.Tensor:
    """Starting values: every residual branch adds nothing at first (DiT, adaLN-Zero)."""
    if isinstance(node, n.ClassEmbedding | n.Constant):
        return 0.02 * torch.randn(shape)
    if node.name.endswith(".factor") and kind == "bias":
        return torch.ones(shape)
    if kind == "bias" or _starts_at_zero(graph, node):
        return torch.zeros(shape)
    if len(shape) == 1:
        return torch.ones(shape)
    bound = 1 / math.sqrt(math.prod(shape[:-1]))
    return torch.empty(shape).uniform_(-bound, bound)


def _starts_at_zero(graph: Graph, node: n.Node) -> bool:
    output = graph.nodes[-1]
    return (
        node is output
        or node.name in output.inputs
        or node.name.endswith((".conv1", ".gate", ".factor", ".shift"))
    )
