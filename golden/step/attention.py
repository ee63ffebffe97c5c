"""Attention: a product per head, or two where both operands change (TEMPORAL).

``Q K = Q' K' + Q' dK + dQ K``: first rows of K transposed with Q' transposed for weights, which
adds to the kept sums transposed; then rows of Q with K for weights, which adds to the result of
that, transposed back. The last product leaves the sums as the output has them, and all before it
needs nothing of Q.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
from golden.step.outputs import Output, with_output
from golden.step.products import packed_parameters, product_draft
from golden.step.tensors import Tensor
from golden.step.vectors import IDENTITY, Layer, Pixels, pixelwise, vector_drafts
from golden.vector.descriptor import Op, Parameters, Size


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

    ahead: list[Draft] = field(default_factory=list)
    """Layers that need no first tensor of this step"""
    drafts: list[Draft] = field(default_factory=list)
    """The others, in order"""

    def __post_init__(self) -> None:
        heads = self.layer.heads
        self.name = self.layer.name
        self.temporal = self.mode is Mode.TEMPORAL
        self.moving = self.keeps and self.layer.moving
        self.fits = Mode.TEMPORAL if self.keeps else self.mode
        self.rows = self.first.layout.pixels
        self.k = self.first.layout.map.physical // heads
        other = self.second.layout
        self.size = other.map.physical // heads
        self.columns = self.target.layout.map.physical // heads
        shape = rows_shape(self.rows, self.k, self.columns, self.config)
        wish = Wish.OUTPUT | Wish.WORDS if self.layer.transposed else Wish.OUTPUT
        self.plan = self.plan_of(self.name, 0, shape, self.fits, wish)
        self.second_heads = Heads(self.second.place, other.pixels, heads, self.size, apart=False)

    @property
    def all_drafts(self) -> list[Draft]:
        """All layers, in order."""
        return [*self.ahead, *self.drafts]

    def lower(self) -> "Attention":
        """Finds the layers."""
        rows, copied = self.by_heads("first", self.first)
        weights = self.buffer("weights", self.layer.heads * weight_bytes(self.plan))
        sums = self.sums("sums", self.plan, Lifetime.PAIR if self.keeps else Lifetime.STEP)
        before = {}
        if self.temporal:
            before = {"reference": rows.place.before, "previous": sums.before}
        if self.moving:
            second, copied_second = self.second_rows()
            if self.temporal:
                before["previous"] = self.second_changes(rows, second, copied_second, sums)
            else:
                self.vector(self.ahead, *copied_second)
        packed = pack_transposed if self.layer.transposed else pack_straight
        self.vector(self.ahead, "packed", packed(self.second_heads, self.plan, weights))
        self.vector(self.drafts, *copied)
        self.products(rows, weights, sums, before)
        return self

    def second_changes(
        self, rows: Heads, second: Heads, copied: tuple[str, list[Layer]], sums: Place
    ) -> Place:
        """Kept sums and what the second tensor's changes add to them."""
        heads = self.layer.heads
        # rows of the transposed product: tokens of the second tensor, or channels of a head
        shape = rows_shape(second.pixels, second.size, self.transposed_columns, self.config)
        plan = self.plan_of(self.name, 1, shape, self.fits, Wish.WORDS)
        turned = self.sums("sums.transposed", plan)
        self.each_head("transposed", self.plan, plan, sums.before, turned)
        first = self.buffer("first.weights", heads * weight_bytes(plan))
        self.vector(self.ahead, "first.packed", pack_transposed(rows.before, plan, first))
        self.vector(self.ahead, *copied)
        full = self.sums("sums1", plan)
        before = {"reference": second.place.before, "previous": turned}
        for head in range(heads):
            places = self.places(plan, head, second, first, full, before)
            product, name = self.of_head(plan, head, 1), f"{self.name}{self.label(head)}'"
            self.ahead.append(
                product_draft(name, self.name, product, self.layer.zero_point, places)
            )
        back = self.sums("sums0", self.plan)
        self.each_head("transposed.back", plan, self.plan, full, back)
        return back

    @property
    def transposed_columns(self) -> int:
        """Columns of the second product: rows of the first, padded."""
        unit = self.first.layout.map.unit
        return -(-self.rows // unit) * unit

    def second_rows(self) -> tuple[Heads, tuple[str, list[Layer]]]:
        """Rows of the second product: the second tensor, of mix transposed; and their layers."""
        if self.layer.transposed:
            return self.by_heads("second", self.second)
        heads = self.layer.heads
        size = heads * self.size * self.k
        place = self.buffer("second", size, Lifetime.PAIR)
        turned = transpose_heads(self.second_heads, self.k, place, self.config)
        rows = Heads(place, self.size, heads, self.k, apart=True)
        return rows, ("second.transposed", list(turned))

    def by_heads(self, which: str, tensor: Tensor) -> tuple[Heads, tuple[str, list[Layer]]]:
        """A tensor with all pixels of a head together, and the layers that copy it."""
        heads, pixels, name = self.layer.heads, tensor.layout.pixels, f"{which}.heads"
        size = tensor.layout.map.physical // heads
        if heads == tensor.layout.heads:
            return Heads(tensor.place, pixels, heads, size, apart=True), (name, [])
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
        return Heads(place, pixels, heads, size, apart=True), (name, [copied])

    def products(
        self, rows: Heads, weights: Place, sums: Place, before: Mapping[str, Place]
    ) -> None:
        """Those with rows of the first tensor, one per head, and their outputs."""
        requantization, layout = self.layer.requantization, self.target.layout
        multiplier, shift = int(requantization.multiplier), int(requantization.shift)
        parameters = packed_parameters([Parameters(0, multiplier, shift)] * self.columns)
        name = f"{self.name}.parameters"
        constant = Place(Buffer(name, len(parameters), Lifetime.CONSTANT, parameters))
        pixels = layout.pixels if layout.heads > 1 else 1
        for head in range(self.layer.heads):
            output = Output(
                self.target.place.at(head * pixels * self.columns * layout.element.bytes),
                layout.element,
                layout.pixel_bytes,
                requantization.target.zero_point,
                constant,
                alike={"first_multiplier": multiplier, "first_shift": shift},
            )
            label = f"{self.name}{self.label(head)}"
            self.drafts += with_output(
                self.of_head(self.plan, head, 0),
                self.name,
                self.layer.zero_point,
                self.places(self.plan, head, rows, weights, sums, before),
                output,
                label,
                label,
                stored=self.keeps,
            )

    def places(
        self,
        plan: Plan,
        head: int,
        rows: Heads,
        weights: Place,
        sums: Place,
        before: Mapping[str, Place],
    ) -> dict[str, Place]:
        """What a head's product reads and writes."""
        found = {
            "inputs": rows.place.at(head * input_bytes(plan)),
            "weights": weights.at(head * weight_bytes(plan)),
            "results": sums.at(head * accumulator_bytes(plan)),
        }
        for key, place in before.items():
            size = input_bytes(plan) if key == "reference" else accumulator_bytes(plan)
            found[key] = place.at(head * size)
        return found

    def label(self, head: int) -> str:
        """Behind the name of a head's layers."""
        return f"[{head}]" if self.layer.heads > 1 else ""

    def of_head(self, plan: Plan, head: int, number: int) -> ProductOf:
        """A head's product as what it is."""
        return ProductOf(plan, self.mode, self.name, head if self.layer.heads > 1 else None, number)

    def each_head(self, what: str, plan: Plan, other: Plan, source: Place, target: Place) -> None:
        """Transposes the sums of every head."""
        for head in range(self.layer.heads):
            a = source.at(head * accumulator_bytes(plan))
            o = target.at(head * accumulator_bytes(other))
            self.vector(self.ahead, f"{what}[{head}]", transpose_sums(plan, other, a, o))

    def sums(self, what: str, plan: Plan, lifetime: Lifetime = Lifetime.STEP) -> Place:
        """Room for the sums of all heads."""
        return self.buffer(what, self.layer.heads * accumulator_bytes(plan), lifetime)

    def buffer(self, what: str, size: int, lifetime: Lifetime = Lifetime.STEP) -> Place:
        """A buffer of this node."""
        return Place(Buffer(f"{self.name}.{what}", size, lifetime))

    def vector(self, drafts: list[Draft], what: str, layers: Iterable[Layer]) -> None:
        """Adds vector layers."""
        drafts += vector_drafts(f"{self.name}:{what}", self.name, layers, self.config)
