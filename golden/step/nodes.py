"""Every node of a graph as layers of a queue."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.layout import accumulator_bytes, pack_weights
from golden.denoising.lowering import IntegerGraph
from golden.difference.layer import AttentionLayer, WeightedLayer
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.integer.elementwise import Concatenation, Product, Sum, Table
from golden.integer.fixed_point import Requantization
from golden.integer.normalization import Normalization
from golden.integer.softmax import POWERS, Softmax
from golden.machine.config import MachineConfig
from golden.network import nodes as n
from golden.network.graph import IMAGE
from golden.step.attention import Attention
from golden.step.drafts import Buffer, Draft, Lifetime, Place, PlanOf, ProductOf, Wish
from golden.step.fusion import sums_of_products, tables_at_ends
from golden.step.moves import (
    concatenated,
    fields_of_two,
    pixels_of,
    scaling_fields,
    unpatchified,
    upsampled,
)
from golden.step.outputs import Addend, Output, fused_pixels, with_output
from golden.step.products import (
    packed_parameters,
    parameter_bytes,
    placed_weights,
    weighted_shape,
)
from golden.step.tensors import Tensor, TensorLayout
from golden.step.vectors import IDENTITY, Layer, elementwise, pixelwise, vector_drafts
from golden.vector.descriptor import Op, Parameters, VectorDescriptor

GROUPS = 1 << 9
"""Groups of a normalization are told apart by so many bits; neighbours differ."""


@dataclass
class Lowering:
    """The layers of one queue; DittosimError of :meth:`lower` names all nodes that do not fit."""

    integer: IntegerGraph
    layouts: Mapping[str, TensorLayout]
    config: MachineConfig
    modes: tuple[Mode, ...]
    """Of the products; the machine chooses between several"""
    keeps: bool
    """Whether operands and sums are kept for a next step in TEMPORAL"""
    raw_attention: bool
    """Whether products of attention are in ACT, whatever the others are in"""
    plan_of: PlanOf
    drafts: list[Draft] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tables = tables_at_ends(self.integer)
        self._sums = sums_of_products(self.integer, self.layouts)

    def lower(self) -> list[Draft]:
        """All layers, in order."""
        problems = []
        elsewhere = {*self._tables, *(node.name for node in self._sums.values())}
        for node in self.integer.nodes:
            if node.name in elsewhere:
                continue
            try:
                self._node(node)
            except DittosimError as error:
                problems.append(f"node '{node.name}': {error}")
        choices = sum(bool(draft.variants) for draft in self.drafts)
        if choices > self.config.defo_entries:
            problems.append(
                f"the machine chooses the modes of {choices} layers, more than defo_entries = "
                f"{self.config.defo_entries}; use a machine with more"
            )
        if problems:
            raise DittosimError("\n".join(problems))
        return self.drafts

    def buffer(self, name: str) -> Buffer:
        """Where a tensor lies."""
        written_by_host = name == IMAGE or name in self.integer.static_inputs
        lifetime = Lifetime.STEP
        if self.keeps and self._is_operand(name):
            lifetime = Lifetime.PAIR
        elif written_by_host or name == self.integer.nodes[-1].name:
            lifetime = Lifetime.KEPT
        return Buffer(name, self.layouts[name].size, lifetime)

    def tensor(self, name: str) -> Tensor:
        """A tensor of the graph."""
        return Tensor(Place(self.buffer(name)), self.layouts[name])

    def _is_operand(self, name: str) -> bool:
        """Whether rows of a product are this tensor as it lies in memory."""
        for node in self.integer.graph.consumers[name]:
            if node.name not in self.integer.operations:
                continue
            if isinstance(node, n.Conv2d | n.Linear):
                return True
            if not isinstance(node, n.AttentionMatmul) or self.raw_attention:
                continue
            if node.heads == self.layouts[name].heads:
                scores = isinstance(node, n.AttentionScores)
                if name == node.inputs[0] or scores:
                    return True
        return False

    def _ending(self, node: n.Node) -> tuple[n.Node, Table | None]:
        """The node whose tensor a node's layer writes, and the table that ends it."""
        for name, source in self._tables.items():
            if source is node:
                table = self.integer.operations[name]
                assert isinstance(table, Table)
                (end,) = (one for one in self.integer.nodes if one.name == name)
                return end, table
        return node, None

    def _constant(self, name: str, data: bytes) -> Place:
        return Place(Buffer(name, len(data), Lifetime.CONSTANT, data))

    def _node(self, node: n.Node) -> None:
        operation = self.integer.operations[node.name]
        inputs = [self.tensor(name) for name in node.inputs]
        if isinstance(operation, AttentionLayer):
            self._attention(node, operation, inputs[0], inputs[1], self.tensor(node.name))
        elif isinstance(operation, WeightedLayer):
            self._products(node, lambda mode: list(self._weighted(node, operation, mode)))
        else:
            self.drafts += self._vectors(node)

    def _vectors(self, node: n.Node) -> Iterator[Draft]:
        """The layers of a node without products."""
        end, table = self._ending(node)
        name = node.name if end is node else f"{node.name}+{end.name}"
        inputs = [self.tensor(name) for name in node.inputs]
        places = {"t_address": self._table(end.name, table.entries)} if table else {}
        fields = {"table": int(table is not None)}
        layers = self._layers(node, inputs, self.tensor(end.name), places, fields)
        return vector_drafts(name, node.name, layers, self.config)

    def _attention(
        self,
        node: n.Node,
        layer: AttentionLayer,
        first: Tensor,
        second: Tensor,
        target: Tensor,
    ) -> None:
        """What needs no first tensor follows the second one at once; not so in a choice."""
        modes = (Mode.ACT,) if self.raw_attention else self.modes
        keeps = self.keeps and not self.raw_attention

        def lower(mode: Mode) -> Attention:
            return Attention(
                layer, first, second, target, mode, keeps, self.config, self.plan_of
            ).lower()

        if len(modes) == 1:
            found = lower(modes[0])
            behind = self._behind(second.place.buffer)
            self.drafts[behind:behind] = found.ahead
            self.drafts += found.drafts
            return
        self._products(node, lambda mode: lower(mode).all_drafts)

    def _behind(self, buffer: Buffer) -> int:
        """How many layers there are up to the last that writes a buffer of a tensor."""
        found = 0
        for number, draft in enumerate(self.drafts, 1):
            place, layer = draft.places.get("o_address"), draft.descriptor
            if place and place.buffer == buffer:
                # The product of a fused layer stands behind it.
                fused = isinstance(layer, VectorDescriptor) and layer.fused
                found = number + bool(fused)
        return found

    def _products(self, node: n.Node, lower: Callable[[Mode], list[Draft]]) -> None:
        """The layers of a node with products, or the choice between its variants."""
        if len(self.modes) == 1:
            self.drafts += lower(self.modes[0])
            return
        entry = sum(bool(draft.variants) for draft in self.drafts)
        variants = {mode: tuple(lower(mode)) for mode in self.modes}
        descriptor = ChoiceDescriptor(entry=entry)
        self.drafts.append(Draft(f"{node.name}?", node.name, descriptor, {}, None, variants))

    def _table(self, name: str, entries: np.ndarray) -> Place:
        return self._constant(f"{name}.table", entries.astype("<i2").tobytes())

    def _weighted(self, node: n.Node, layer: WeightedLayer, mode: Mode) -> Iterator[Draft]:
        """A product, its output, and the sum that this becomes a part of, if there is one."""
        (source,), own = map(self.tensor, node.inputs), self.layouts[node.name]
        shape = weighted_shape(layer, source.layout, own, self.config)
        fits = Mode.TEMPORAL if self.keeps else mode
        plan = self.plan_of(node.name, 0, shape, fits, Wish.OUTPUT)
        packed = pack_weights(placed_weights(layer, source.layout, own), plan)
        lifetime = Lifetime.PAIR if self.keeps else Lifetime.STEP
        sums = Place(Buffer(f"{node.name}.sums", accumulator_bytes(plan), lifetime))
        places = {
            "inputs": source.place,
            "weights": self._constant(f"{node.name}.weights", packed.tobytes()),
            "results": sums,
        }
        if mode is Mode.TEMPORAL:
            places |= {"reference": source.place.before, "previous": sums.before}
        of = ProductOf(plan, mode, node.name)
        total = self._sums.get(node.name)
        together = total if fused_pixels(plan, stored=self.keeps) else None
        end, table = self._ending(together or node)
        target = self.tensor(end.name)
        output = Output(
            target.place,
            target.layout.element,
            target.layout.pixel_bytes,
            layer.requantization.target.zero_point,
            self._constant(f"{node.name}.parameters", parameter_bytes(layer.requantization, own)),
            self._table(end.name, table.entries) if table else None,
            addend=self._addend(node, together) if together else None,
        )
        names = [node.name, *(one.name for one in (together, end) if one and one is not node)]
        label = "+".join(dict.fromkeys(names))
        yield from with_output(
            of, node.name, layer.zero_point, places, output, node.name, label, stored=self.keeps
        )
        if total and not together:
            yield from self._vectors(total)

    def _addend(self, node: n.Node, total: n.Node) -> Addend:
        """What is added to the results of a node in the sum ``total``."""
        operation = self.integer.operations[total.name]
        assert isinstance(operation, Sum)
        names = list(total.inputs)
        first = names[0] == node.name
        other = self.tensor(names[int(first)])
        pixel = other.layout.pixels == 1 < self.layouts[total.name].pixels
        return Addend(other.place, pixel, fields_of_two(operation if first else operation.swapped))

    def _layers(
        self,
        node: n.Node,
        inputs: list[Tensor],
        target: Tensor,
        places: dict[str, Place],
        fields: dict[str, int],
    ) -> Iterator[Layer]:
        operation, config = self.integer.operations[node.name], self.config
        source = inputs[0]
        a, o, pixels = pixels_of(source), pixels_of(target), source.layout.pixels
        match operation:
            case Requantization():
                fields |= scaling_fields(operation, source)
                yield elementwise(Op.SCALE, a, o, pixels, config, places=places, fields=fields)
            case Table():
                places = {"t_address": self._table(node.name, operation.entries)}
                fields = {**IDENTITY, "table": 1}
                yield elementwise(Op.SCALE, a, o, pixels, config, places=places, fields=fields)
            case Sum() | Product():
                other = inputs[1]
                vector = other.layout.pixels == 1 < pixels
                fields |= fields_of_two(operation)
                op = Op.SUM if isinstance(operation, Sum) else Op.PRODUCT
                yield elementwise(
                    op,
                    a,
                    o,
                    pixels,
                    config,
                    b=pixels_of(other),
                    b_vector=vector,
                    places=places,
                    fields=fields,
                )
            case Concatenation():
                yield from concatenated(operation, inputs, target, config)
            case Normalization():
                yield self._normalized(node.name, operation, source, target, places, fields)
            case Softmax():
                yield from self._softmax(operation, source, target)
            case _ if isinstance(node, n.Upsample):
                yield from upsampled(source, target, config)
            case _ if isinstance(node, n.Unpatchify):
                yield from unpatchified(source, target, node.patch, config)
            case _:
                raise TypeError(f"{node.op} has no layers")

    def _normalized(
        self,
        name: str,
        operation: Normalization,
        source: Tensor,
        target: Tensor,
        places: dict[str, Place],
        fields: dict[str, int],
    ) -> Layer:
        layout, config = source.layout, self.config
        physical, channels = layout.map.physical, layout.shape[-1]
        if layout.format.zero_point and physical > channels:
            raise DittosimError(
                f"its input has zero_point = {layout.format.zero_point} and {physical - channels} "
                "channels that only pad, which would count; calibrate it with zero_point = 0"
            )
        if physical > config.vector_channels:
            raise DittosimError(
                f"{physical} channels are more than vector_channels = {config.vector_channels}; "
                "use a machine with more"
            )
        multiplier, bias, shift = operation.affine
        found: list[Parameters] = []
        of_place = {int(place): channel for channel, place in enumerate(layout.map.positions)}
        group = 0
        for place in range(physical):
            channel = of_place.get(place)
            if channel is None:
                found.append(Parameters(shift=shift, group=group))
                continue
            group = channel * operation.groups // channels % GROUPS
            found.append(Parameters(int(bias[channel]), int(multiplier[channel]), shift, group))
        over = layout.pixels if operation.over_pixels else 1
        count = over * channels // operation.groups
        epsilon, division = operation.epsilon_integer(count)
        where = {
            **places,
            "p_address": self._constant(f"{name}.parameters", packed_parameters(found)),
        }
        return pixelwise(
            Op.GROUPS if operation.over_pixels else Op.PIXELS,
            pixels_of(source),
            pixels_of(target),
            layout.pixels,
            config,
            places=where,
            fields={
                **fields,
                "p_words": physical * 8 // config.bus_bytes,
                "count": count,
                "epsilon": epsilon,
                "division": division,
                "zero": operation.target.zero_point,
            },
        )

    def _softmax(self, operation: Softmax, source: Tensor, target: Tensor) -> Iterator[Layer]:
        """Heads that lie apart have layers of their own, none of which waits for the next head."""
        heads, layout = operation.heads, source.layout
        multiplier, shift = operation.scaling
        last = operation.requantization
        a, o = (
            replace(one, elements=one.elements // heads)
            for one in (pixels_of(source), pixels_of(target))
        )
        powers = self._constant("softmax.powers", POWERS.astype("<u2").tobytes())
        pixels = layout.pixels * heads // layout.heads
        for head in range(layout.heads):
            yield pixelwise(
                Op.SOFTMAX,
                replace(a, place=a.place.at(head * pixels * a.bytes)),
                replace(o, place=o.place.at(head * pixels * o.bytes)),
                pixels,
                self.config,
                places={"t_address": powers},
                fields={
                    "valid": layout.shape[-1] // heads,
                    "zero": operation.target.zero_point,
                    "first_multiplier": multiplier,
                    "first_shift": shift,
                    "second_multiplier": int(last.multiplier),
                    "second_shift": int(last.shift),
                },
            )
