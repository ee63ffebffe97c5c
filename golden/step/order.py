"""The order of a queue's layers: products and vector layers in turn, so that both engines work.

The machine issues layers in order, and a vector layer that waits for its products holds up all
behind it. So a product that depends on none of them stands before it. What a layer finds in memory
is the same in either order.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, groupby

from golden.accelerator.accesses import Accesses, product_accesses
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor
from golden.machine.config import MachineConfig
from golden.step.drafts import Draft, Place, with_addresses
from golden.step.estimates import product_cycles, vector_cycles
from golden.vector.accesses import vector_accesses
from golden.vector.dependencies import MOST_PRODUCTS
from golden.vector.descriptor import VectorDescriptor

WINDOW = 8
"""Layers behind the first one left, a fused one with its product being one, that may be next"""


def ordered(drafts: Iterable[Draft], config: MachineConfig) -> list[Draft]:
    """The drafts of a queue in their order; a choice stays where it is, with its variants ordered.

    Of the order found and the given one that which seems to take fewer cycles.
    """
    found: list[Draft] = []
    for choice, some in groupby(drafts, lambda draft: bool(draft.variants)):
        if choice:
            found += [_with_ordered_variants(draft, config) for draft in some]
            continue
        layers = _layers(list(some), config)
        given, better = _Machine(layers), _Machine(layers)
        for number in range(len(layers)):
            given.issue(number)
        better.run()
        best = min(given, better, key=lambda machine: machine.end)
        found += [draft for number in best.issued for draft in layers[number].drafts]
    return found


def _with_ordered_variants(draft: Draft, config: MachineConfig) -> Draft:
    variants = {mode: tuple(ordered(those, config)) for mode, those in draft.variants.items()}
    return replace(draft, variants=variants)


@dataclass
class _Layer:
    """A layer, a fused one with its product."""

    drafts: tuple[Draft, ...]
    accesses: Accesses
    cycles: float
    product: bool
    before: set[int] = field(default_factory=set)
    """Layers that it must not overtake"""


def _layers(drafts: Sequence[Draft], config: MachineConfig) -> list[_Layer]:
    buffers = _Apart()
    found: list[_Layer] = []
    users: dict[tuple[str, bool], list[int]] = defaultdict(list)
    fused: tuple[Draft, Accesses] | None = None
    for draft in drafts:
        fields = {key: buffers.address(place) for key, place in draft.places.items()}
        descriptor = with_addresses(draft.descriptor, fields)
        assert not isinstance(descriptor, ChoiceDescriptor)
        if isinstance(descriptor, VectorDescriptor):
            accesses = vector_accesses(descriptor, config)
            if descriptor.fused:
                fused = draft, accesses
                continue
            layer = _Layer((draft,), accesses, vector_cycles(descriptor, config), False)
        else:
            assert isinstance(descriptor, Descriptor)
            assert draft.product
            accesses = product_accesses(descriptor, config)
            cycles = product_cycles(descriptor, draft.product, config)
            layer = _Layer((draft,), accesses, cycles, True)
            if fused:
                first, others = fused
                layer.drafts = first, draft
                layer.accesses = accesses | others
                fused = None
        for key in {_key(p) for one in layer.drafts for p in one.places.values()}:
            users[key].append(len(found))
        found.append(layer)
    pairs = {pair for those in users.values() for pair in combinations(those, 2)}
    for first_layer, second in pairs:
        if found[first_layer].accesses.conflicts(found[second].accesses):
            found[second].before.add(first_layer)
    return found


def _key(place: Place) -> tuple[str, bool]:
    return place.buffer.name, place.previous


class _Apart:
    """Addresses of buffers, none of which share memory."""

    def __init__(self) -> None:
        self._end = 0
        self._found: dict[tuple[str, bool], int] = {}

    def address(self, place: Place) -> int:
        key = _key(place)
        if key not in self._found:
            self._found[key] = self._end
            self._end += place.buffer.size
        return self._found[key] + place.offset


@dataclass
class _Machine:
    """When layers are issued and end, about."""

    layers: Sequence[_Layer]
    issued: list[int] = field(default_factory=list)
    end: float = 0.0
    _now: float = 0.0
    _ends: dict[int, float] = field(default_factory=dict)
    _products: list[int] = field(default_factory=list)
    _loader_free: float = 0.0
    _vector_free: float = 0.0
    _output_free: float = 0.0

    def run(self) -> None:
        """Issues all layers, next always that which comes first; of two a product."""
        left = list(range(len(self.layers)))
        while left:
            ready = [number for number in left[:WINDOW] if self._ready(number)]
            number = min(ready, key=self._urgency)
            left.remove(number)
            self.issue(number)

    def issue(self, number: int) -> None:
        """Issues a layer."""
        layer = self.layers[number]
        self._now, start = self._times(number)
        end = start + layer.cycles
        if layer.product:
            self._loader_free = start
            self._products.append(number)
            if len(layer.drafts) > 1:
                self._output_free = end
        else:
            self._vector_free = end
        self._ends[number] = end
        self.end = max(self.end, end)
        self.issued.append(number)

    def _ready(self, number: int) -> bool:
        return all(one in self._ends for one in self.layers[number].before)

    def _urgency(self, number: int) -> tuple[float, bool, float, int]:
        issue, start = self._times(number)
        return issue, not self.layers[number].product, start, number

    def _times(self, number: int) -> tuple[float, float]:
        """When a layer would be issued if it were next, and when its work would begin."""
        layer, ends = self.layers[number], self._ends
        needed = max((ends[one] for one in layer.before), default=0.0)
        if not layer.product:
            issue = max(self._now, self._vector_free, needed)
            return issue, issue
        issue = max(self._now, self._loader_free)
        if len(self._products) >= MOST_PRODUCTS:
            issue = max(issue, ends[self._products[-MOST_PRODUCTS]])
        if len(layer.drafts) > 1:
            issue = max(issue, self._output_free)
        before = ends[self._products[-1]] if self._products else 0.0
        return issue, max(issue, before, needed)
