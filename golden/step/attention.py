"""Attention: a product per head, or two where both operands change (TEMPORAL).

``Q K = Q' K' + dQ K' + Q dK``: the first product has rows of Q and K' for weights, the second rows
of K transposed and Q transposed for weights, and adds to the first one's sums, transposed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from golden.accelerator.layout import accumulator_bytes, input_bytes, weight_bytes
from golden.accelerator.lowering import rows_shape
from golden.accelerator.plan import Plan
from golden.difference.layer import AttentionLayer
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.step.drafts import Buffer, Draft, Lifetime, Place, PlanOf, ProductOf, Wish
from golden.step.gathers import (
    Heads,
    pack_straight,
    pack_transposed,
    transpose_heads,
    transpose_sums,
)
from golden.step.products import product_draft, requantized_sums
from golden.step.tensors import Tensor
from golden.step.vectors import IDENTITY, Layer, Pixels, pixelwise
from golden.vector.check import check_vector_layer
from golden.vector.descriptor import Op, Size


@dataclass
class Attention:
    """The layers of one node in one queue."""

    layer: AttentionLayer
    first: Tensor
    second: Tensor
    target: Tensor
    mode: Mode
    """Of the products"""
    keeps: bool
    """Whether operands and sums are kept for a next step in TEMPORAL"""
    config: MachineConfig
    plan_of: PlanOf

    def __post_init__(self) -> None:
        heads = self.layer.heads
        self.name = self.layer.name
        self.temporal = self.mode is Mode.TEMPORAL
        self.moving = self.keeps and self.layer.moving
        self.fits = Mode.TEMPORAL if self.keeps else self.mode
        self.drafts: list[Draft] = []
        self.rows = self.first.layout.pixels
        self.k = self.first.layout.map.physical // heads
        other = self.second.layout
        self.size = other.map.physical // heads
        self.columns = self.target.layout.map.physical // heads
        shape = rows_shape(self.rows, self.k, self.columns, self.config)
        self.plan = self.plan_of(self.name, 0, shape, self.fits, Wish.of(self.layer.transposed))
        self.second_heads = Heads(self.second.place, other.pixels, heads, self.size, apart=False)

    def lower(self) -> list[Draft]:
        """All layers, in order."""
        layer, heads = self.layer, self.layer.heads
        rows = self.by_heads("first", self.first)
        weights = self.buffer(
            "weights",
            heads * weight_bytes(self.plan),
            Lifetime.KEPT if self.moving else Lifetime.STEP,
        )
        sums = self.sums("sums", self.plan, Lifetime.PAIR if self.keeps else Lifetime.STEP)
        if self.moving and self.temporal:
            self.differences(rows, weights, sums)
        else:
            if self.moving:
                self.second_rows()
            self.pack(weights)
            before = {}
            if self.temporal:
                before = {"reference": rows.place.before, "previous": sums.before}
            self.products(self.plan, 0, rows, weights, sums, before)
        requantization = layer.requantization
        fields = {
            "first_multiplier": int(requantization.multiplier),
            "first_shift": int(requantization.shift),
            "zero": requantization.target.zero_point,
        }
        size = self.columns * self.target.layout.element.bytes
        for head in range(heads):
            # Layers of their own, so that one runs while the array has the next head.
            here = sums.at(head * accumulator_bytes(self.plan))
            target = replace(self.target, place=self.target.place.at(head * size))
            label = f"[{head}]" if heads > 1 else ""
            scaled = requantized_sums(self.plan, here, target, fields)
            self.vector(f"requantized{label}", scaled)
        return self.drafts

    def differences(self, rows: Heads, weights: Place, sums: Place) -> None:
        """Both products, with what they need of the previous step."""
        heads = self.layer.heads
        other = self.second_rows()
        # rows of the transposed product: tokens of the second tensor, or channels of a head
        shape = rows_shape(other.pixels, other.size, self.transposed_columns, self.config)
        plan = self.plan_of(self.name, 1, shape, self.fits, Wish.WORDS)
        half = self.sums("sums0", self.plan)
        before = {"reference": rows.place.before, "previous": sums.before}
        self.products(self.plan, 0, rows, weights, half, before)
        self.pack(weights)
        turned = self.sums("sums0.transposed", plan)
        self.each_head("transposed", self.plan, plan, half, turned)
        first = self.buffer("first.weights", heads * weight_bytes(plan))
        self.vector("first.packed", pack_transposed(rows, plan, first))
        full = self.sums("sums1", plan)
        self.products(
            plan,
            1,
            other,
            first,
            full,
            {"reference": other.place.before, "previous": turned},
        )
        self.each_head("transposed.back", plan, self.plan, full, sums)

    @property
    def transposed_columns(self) -> int:
        """Columns of the second product: rows of the first, padded."""
        unit = self.first.layout.map.unit
        return -(-self.rows // unit) * unit

    def pack(self, weights: Place) -> None:
        """The second tensor as weights of the first product."""
        packed = pack_transposed if self.layer.transposed else pack_straight
        self.vector("packed", packed(self.second_heads, self.plan, weights))

    def second_rows(self) -> Heads:
        """Rows of the second product: the second tensor, of mix transposed."""
        if self.layer.transposed:
            return self.by_heads("second", self.second)
        heads = self.layer.heads
        size = heads * self.size * self.k
        place = self.buffer("second", size, Lifetime.PAIR)
        turned = transpose_heads(self.second_heads, self.k, place, self.config)
        self.vector("second.transposed", turned)
        return Heads(place, self.size, heads, self.k, apart=True)

    def by_heads(self, which: str, tensor: Tensor) -> Heads:
        """A tensor with all pixels of a head together."""
        heads, pixels = self.layer.heads, tensor.layout.pixels
        size = tensor.layout.map.physical // heads
        if heads == 1:
            return Heads(tensor.place, pixels, 1, size, apart=True)
        lifetime = Lifetime.PAIR if self.keeps else Lifetime.STEP
        place = self.buffer(which, tensor.layout.size, lifetime)
        copied = pixelwise(
            Op.SCALE,
            Pixels(tensor.place, Size.BITS_8, size, heads * size, size),
            Pixels(place, Size.BITS_8, size, group=pixels * size),
            pixels,
            self.config,
            groups=heads,
            fields=IDENTITY,
        )
        self.vector(f"{which}.heads", [copied])
        return Heads(place, pixels, heads, size, apart=True)

    def products(
        self,
        plan: Plan,
        number: int,
        rows: Heads,
        weights: Place,
        sums: Place,
        before: dict[str, Place],
    ) -> None:
        """One per head."""
        heads = self.layer.heads
        for head in range(heads):
            places = {
                "inputs": rows.place.at(head * input_bytes(plan)),
                "weights": weights.at(head * weight_bytes(plan)),
                "results": sums.at(head * accumulator_bytes(plan)),
            }
            for key, place in before.items():
                size = input_bytes(plan) if key == "reference" else accumulator_bytes(plan)
                places[key] = place.at(head * size)
            of = ProductOf(plan, self.mode, self.name, head if heads > 1 else None, number)
            label = (f"[{head}]" if heads > 1 else "") + "'" * number
            self.drafts.append(
                product_draft(f"{self.name}{label}", self.name, of, self.layer.zero_point, places)
            )

    def each_head(self, what: str, plan: Plan, other: Plan, source: Place, target: Place) -> None:
        """Transposes the sums of every head."""
        for head in range(self.layer.heads):
            a = source.at(head * accumulator_bytes(plan))
            o = target.at(head * accumulator_bytes(other))
            self.vector(f"{what}[{head}]", transpose_sums(plan, other, a, o))

    def sums(self, what: str, plan: Plan, lifetime: Lifetime = Lifetime.STEP) -> Place:
        """Room for the sums of all heads."""
        return self.buffer(what, self.layer.heads * accumulator_bytes(plan), lifetime)

    def buffer(self, what: str, size: int, lifetime: Lifetime = Lifetime.STEP) -> Place:
        """A buffer of this node."""
        return Place(Buffer(f"{self.name}.{what}", size, lifetime))

    def vector(self, what: str, layers: Iterable[Layer]) -> None:
        """Adds vector layers."""
        for descriptor, places in layers:
            check_vector_layer(descriptor, self.config)
            self.drafts.append(Draft(f"{self.name}:{what}", self.name, descriptor, places))
