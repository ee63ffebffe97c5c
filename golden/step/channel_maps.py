"""Which physical channel of a pixel holds each channel of the graph.

Channels are cut into parts that each begin with a whole beat and bus word: at the heads of
attention, at the second part of a concatenation, at every pixel of a patch. Tensors that
elementwise nodes join have the same parts; what cuts one of them cuts all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from golden.errors import DittosimError
from golden.network import nodes as n


@dataclass(frozen=True)
class ChannelMap:
    """Parts that follow each other, each padded to a multiple of ``unit``."""

    parts: tuple[int, ...]
    unit: int

    @cached_property
    def physical(self) -> int:
        """Channels of a pixel in memory."""
        return sum(self._padded)

    @cached_property
    def positions(self) -> np.ndarray:
        """The physical channel of each channel of the graph, int64."""
        first, found = 0, []
        for part, padded in zip(self.parts, self._padded, strict=True):
            found.append(np.arange(first, first + part))
            first += padded
        return np.concatenate(found)

    @property
    def _padded(self) -> list[int]:
        return [-(-part // self.unit) * self.unit for part in self.parts]

    def pixels(self, tensor: np.ndarray, padding: int) -> np.ndarray:
        """``tensor`` (..., channels) with physical channels, those that pad holding ``padding``."""
        found = np.full((*tensor.shape[:-1], self.physical), padding, tensor.dtype)
        found[..., self.positions] = tensor
        return found


class _Cuts:
    """Where the channels of every tensor are cut; tensors that nodes join are one."""

    def __init__(self, names: Iterable[str]) -> None:
        self._joined = {name: name for name in names}
        self._cuts: dict[str, set[int]] = {name: set() for name in self._joined}
        self.changed = False

    def root(self, name: str) -> str:
        while self._joined[name] != name:
            name = self._joined[name]
        return name

    def join(self, names: Iterable[str]) -> None:
        first, *others = (self.root(name) for name in names)
        for other in others:
            self._joined[other] = first

    def of(self, name: str) -> set[int]:
        return self._cuts[self.root(name)]

    def within(self, name: str, first: int, size: int) -> set[int]:
        """Cuts inside ``size`` channels from ``first`` on, counted from there."""
        return {cut - first for cut in self.of(name) if first < cut < first + size}

    def add(self, name: str, cuts: Iterable[int]) -> None:
        new = set(cuts) - self.of(name)
        if new:
            self.of(name).update(new)
            self.changed = True

    def alike(self, slices: list[tuple[str, int]], size: int) -> None:
        """The same cuts in runs of ``size`` channels: (tensor, its first channel) each."""
        every = set().union(*(self.within(name, first, size) for name, first in slices))
        for name, first in slices:
            self.add(name, {first + cut for cut in every} | ({first} if first else set()))


def channel_maps(
    nodes: Iterable[n.Node], shapes: Mapping[str, n.Shape], names: Iterable[str], unit: int
) -> dict[str, ChannelMap]:
    """The map of each of the tensors ``names`` that ``nodes`` read and write.

    DittosimError names a softmax whose rows would be cut.
    """
    nodes, names = list(nodes), list(names)
    cuts = _Cuts(names)
    for node in nodes:
        if isinstance(node, _ELEMENTWISE):
            cuts.join([node.name, *node.inputs])
    while True:
        cuts.changed = False
        for node in nodes:
            _cut(node, cuts, shapes)
        if not cuts.changed:
            break
    for node in nodes:
        _check_rows(node, cuts, shapes)
    return {name: ChannelMap(_parts(cuts.of(name), shapes[name][-1]), unit) for name in names}


_ELEMENTWISE = (
    n.Quantize | n.Add | n.Multiply | n.Silu | n.Gelu | n.GroupNorm | n.LayerNorm | n.Softmax
) | n.Upsample


def _parts(cuts: set[int], channels: int) -> tuple[int, ...]:
    places = [0, *sorted(cuts), channels]
    return tuple(b - a for a, b in pairwise(places))


def _cut(node: n.Node, cuts: _Cuts, shapes: Mapping[str, n.Shape]) -> None:
    channels = [shapes[name][-1] for name in node.inputs]
    match node:
        case n.Concat():
            first, second = node.inputs
            cuts.alike([(node.name, 0), (first, 0)], channels[0])
            cuts.alike([(node.name, channels[0]), (second, 0)], channels[1])
        case n.Unpatchify():
            size = shapes[node.name][-1]
            pixels = [(node.inputs[0], size * pixel) for pixel in range(node.patch**2)]
            cuts.alike([*pixels, (node.name, 0)], size)
        case n.AttentionScores():
            cuts.alike(_heads(node.inputs, channels, node.heads), channels[0] // node.heads)
            _cut_rows(node.name, node.heads, cuts, shapes)
        case n.AttentionMix():
            tensors = [node.inputs[1], node.name]
            cuts.alike(_heads(tensors, [channels[1]] * 2, node.heads), channels[1] // node.heads)
            _cut_rows(node.inputs[0], node.heads, cuts, shapes)
        case n.Softmax():
            _cut_rows(node.name, node.heads, cuts, shapes)


def _heads(names: Iterable[str], channels: list[int], heads: int) -> list[tuple[str, int]]:
    return [
        (name, head * (size // heads))
        for name, size in zip(names, channels, strict=True)
        for head in range(heads)
    ]


def _cut_rows(name: str, heads: int, cuts: _Cuts, shapes: Mapping[str, n.Shape]) -> None:
    size = shapes[name][-1] // heads
    cuts.add(name, {head * size for head in range(1, heads)})


def _check_rows(node: n.Node, cuts: _Cuts, shapes: Mapping[str, n.Shape]) -> None:
    """A row of scores or probabilities lies in one piece."""
    if not isinstance(node, n.AttentionScores | n.AttentionMix | n.Softmax):
        return
    name = node.inputs[0] if isinstance(node, n.AttentionMix) else node.name
    size = shapes[name][-1] // node.heads
    if any(cuts.within(name, head * size, size) for head in range(node.heads)):
        raise DittosimError(
            f"node '{node.name}': tensor '{name}' has {node.heads} heads of {size} tokens here, "
            "and is cut otherwise by another node; use the same heads for all nodes that share it"
        )
