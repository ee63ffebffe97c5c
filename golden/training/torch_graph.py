"""Runs a :class:`golden.graph.Graph` in PyTorch, for training (extra ``train``)."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from golden import graph as g


class TorchGraph(nn.Module):
    """The graph as a PyTorch module; images (batch, height, width, channels), times (batch,)."""

    def __init__(self, graph: g.Graph) -> None:
        super().__init__()
        self.graph = graph
        self.weights = nn.ParameterDict()
        last = graph.nodes[-1].name
        for name, shape in graph.parameter_shapes().items():
            node, kind = name.rsplit(".", 1)
            value = torch.zeros(shape)
            if len(shape) > 1:
                bound = 1 / math.sqrt(math.prod(shape[:-1]))
                value.uniform_(-bound, bound)
                if node.endswith(".conv1") or node == last:
                    value.zero_()
            elif kind == "weight":
                value.fill_(1.0)
            self.weights[name.replace(".", "/")] = nn.Parameter(value)

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as float32 arrays by ``node.parameter``."""
        return {
            name.replace("/", "."): value.detach().numpy().copy()
            for name, value in self.weights.items()
        }

    def forward(self, image: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """The graph's output for ``image``; within, tensors are channels first."""
        values = {g.IMAGE: image.permute(0, 3, 1, 2)}
        for node in self.graph.nodes:
            inputs = [values[source] for source in node.inputs]
            values[node.name] = self._run(node, inputs, time)
        return values[self.graph.nodes[-1].name].permute(0, 2, 3, 1)

    def _run(self, node: g.Node, inputs: list[torch.Tensor], time: torch.Tensor) -> torch.Tensor:
        def weight(kind: str) -> torch.Tensor:
            return self.weights[f"{node.name}/{kind}".replace(".", "/")]

        match node:
            case g.Conv2d():
                kernel = weight("weight").permute(3, 2, 0, 1)
                return F.conv2d(inputs[0], kernel, weight("bias"), node.stride, node.padding)
            case g.Linear():
                kernel = weight("weight").T[:, :, None, None]
                return F.conv2d(inputs[0], kernel, weight("bias"))
            case g.GroupNorm():
                return F.group_norm(inputs[0], node.groups, weight("weight"), weight("bias"))
            case g.Silu():
                return F.silu(inputs[0])
            case g.Add():
                return inputs[0] + inputs[1]
            case g.Concat():
                return torch.cat(inputs, 1)
            case g.Upsample():
                return F.interpolate(inputs[0], scale_factor=2)
            case g.Attention():
                batch, channels, height, width = inputs[0].shape
                heads = inputs[0].reshape(batch, 3, node.heads, -1, height * width).mT
                mixed = F.scaled_dot_product_attention(heads[:, 0], heads[:, 1], heads[:, 2])
                return mixed.mT.reshape(batch, channels // 3, height, width)
            case g.TimeEmbedding():
                scale = torch.exp(
                    torch.arange(node.frequencies) * (-math.log(10000) / node.frequencies)
                )
                angles = time[:, None].float() * scale
                wave = torch.cat([angles.sin(), angles.cos()], 1)
                hidden = F.silu(wave @ weight("weight0") + weight("bias0"))
                return F.silu(hidden @ weight("weight1") + weight("bias1"))
            case g.TimeBias():
                shift = inputs[1] @ weight("weight") + weight("bias")
                return inputs[0] + shift[:, :, None, None]
