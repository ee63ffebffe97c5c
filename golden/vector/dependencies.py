"""What the layers of a queue wait for, so that each finds what those before it left in memory.

The machine issues layers in order. It starts a product while up to two before it are under way, and
a vector layer while as many are as its descriptor allows, and it reads the output of the last one
with any as that comes; vector layers follow each other, and so do fused ones with their products.
A choice holds up nothing: what is behind it may run beside the layers of whichever variant was
taken, and these beside what is before it.
"""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from golden.accelerator.accesses import NO_ACCESSES, Accesses, previous_step, product_accesses
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor
from golden.machine.config import MachineConfig
from golden.vector.accesses import constant_bytes, vector_accesses
from golden.vector.descriptor import VectorDescriptor
from golden.vector.streaming import ALL, inputs_awaited, results_awaited

AnyDescriptor = Descriptor | VectorDescriptor | ChoiceDescriptor
MOST_PRODUCTS = 3
"""Under way: one each in the loader, in the sequencer and in the store"""
WAITS = ("weights_wait", "inputs_wait", "weights_wait_vectors", "inputs_wait_vectors")
"""Of a product: for all of what is before it"""


def with_waits(queue: Iterable[AnyDescriptor], config: MachineConfig) -> Iterator[AnyDescriptor]:
    """The descriptors of a queue without choices, see :class:`Waits`."""
    waits = Waits(config)
    for descriptor in queue:
        yield waits.of(descriptor)


class Waits:
    """Of the descriptors of a queue, in order: each waits for no more than it must.

    Where choices are made, all histories are kept in which something else may be under way, and a
    descriptor waits for what it must in any of them.
    """

    def __init__(self, config: MachineConfig) -> None:
        self._config = config
        self._histories = [_UnderWay()]

    def of(self, descriptor: AnyDescriptor) -> AnyDescriptor:
        """The next descriptor, with its waits.

        DittosimError if it is a fused layer whose parameters or table are written by a layer that
        may be under way, for which none can wait.
        """
        if isinstance(descriptor, ChoiceDescriptor):
            return descriptor
        found: Descriptor | VectorDescriptor
        if isinstance(descriptor, Descriptor):
            products = [one.product(descriptor, self._config) for one in self._histories]
            found = _longest_of_products(products)
        elif descriptor.fused:
            fused = [one.fuse(descriptor, self._config) for one in self._histories]
            found = _longest_of_vectors(fused)
        else:
            vectors = [one.vector(descriptor, self._config) for one in self._histories]
            found = _longest_of_vectors(vectors)
        for state in self._histories:
            state.settle(found)
        self._keep(self._histories)
        return found

    def branch(self) -> "Waits":
        """Those of a variant, if the choice that came last takes it."""
        branch = Waits(self._config)
        branch._histories = [one.copy() for one in self._histories]
        return branch

    def join(self, variants: Iterable["Waits"]) -> None:
        """Goes on behind a choice, any of whose variants may have run."""
        self._keep([one for variant in variants for one in variant._histories])

    def _keep(self, histories: Iterable["_UnderWay"]) -> None:
        """One of all that are alike."""
        self._histories = list({one.key(): one for one in histories}.values())


def _longest_of_products(found: Sequence[Descriptor]) -> Descriptor:
    """A product that waits for all that any of ``found``, but for their waits the same, does."""
    waits = {name: max(getattr(one, name) for one in found) for name in WAITS}
    # Inputs that need nothing of a vector layer may wait for a part of it, of any size.
    parts = [(one.inputs_first, one.inputs_step) for one in found if one.inputs_wait_vectors]
    first, step = _largest(parts) if ALL not in parts else ALL
    return replace(found[0], **waits, inputs_first=first, inputs_step=step)


def _longest_of_vectors(found: Sequence[VectorDescriptor]) -> VectorDescriptor:
    """The same of vector layers; who needs all of a product has it ended by ``products``."""
    parts = [(one.results_first, one.results_step) for one in found]
    first, step = _largest(parts)
    return replace(
        found[0],
        products=min(one.products for one in found),
        waits_vector=max(one.waits_vector for one in found),
        results_first=first,
        results_step=step,
    )


def _largest(parts: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Of each number; ALL of no parts."""
    first, step = map(max, zip(ALL, *parts, strict=True))
    return first, step


@dataclass(frozen=True)
class _Product:
    own: Accesses
    """Without those of its fused layer"""
    fused: VectorDescriptor | None
    output: Accesses
    """Of its fused layer"""
    alone: bool
    """It waits for all products before it"""
    behind: bool
    """It waits for all of the last vector layer so far"""

    @property
    def accesses(self) -> Accesses:
        """All."""
        return self.own | self.output


@dataclass
class _UnderWay:
    """What may not be in memory yet when the next layer is issued."""

    products: list[_Product] = field(default_factory=list)
    last_vector: Accesses | None = None
    last_layer: VectorDescriptor | None = None
    """The one whose accesses those are"""
    fused: VectorDescriptor | None = None
    """The layer whose product comes next"""

    def copy(self) -> "_UnderWay":
        """The same, to go on in another way."""
        return replace(self, products=list(self.products))

    def key(self) -> tuple[Hashable, ...]:
        """The same for two of which nothing else can come."""
        products = tuple((one.own.key(), one.fused, one.alone, one.behind) for one in self.products)
        vector = (self.last_vector.key(), self.last_layer) if self.last_vector else None
        return products, vector, self.fused

    def settle(self, layer: Descriptor | VectorDescriptor) -> None:
        """The layer that came last waits for as much as ``layer``, which may be more."""
        if isinstance(layer, VectorDescriptor):
            self.products = self.products[-layer.products :] if layer.products else []
            if layer.waits_vector:
                self.last_vector = None
            return
        whole = (layer.inputs_first, layer.inputs_step) == ALL
        self.products[-1] = replace(
            self.products[-1],
            alone=bool(layer.weights_wait or layer.inputs_wait),
            behind=bool(layer.weights_wait_vectors or layer.inputs_wait_vectors) and whole,
        )

    def vector(self, layer: VectorDescriptor, config: MachineConfig) -> VectorDescriptor:
        """A layer of the vector unit: all products from the last that it depends on have ended.

        Not so the last one with output if the layer needs nothing but that, row after row.
        """
        accesses = vector_accesses(layer, config)
        last = next((one for one in reversed(self.products) if one.fused), None)
        allowed, awaited = 0, ALL
        for product in reversed(self.products):
            if product.accesses.conflicts(accesses):
                part = _part(product, layer, accesses, config) if product is last else ALL
                if part == ALL:
                    break
                awaited = part
            allowed += 1
        else:
            allowed = MOST_PRODUCTS
        # They wait for the layers before this one, not for this one.
        self.products = [replace(one, behind=False) for one in self.products[-allowed:] if allowed]
        self.last_vector, self.last_layer = accesses, layer
        first, step = awaited
        return replace(layer, products=allowed, results_first=first, results_step=step)

    def fuse(self, layer: VectorDescriptor, config: MachineConfig) -> VectorDescriptor:
        """The output stage takes on a layer when the product of the one before has ended."""
        outputs = [number for number, product in enumerate(self.products) if product.fused]
        self.products = self.products[outputs[-1] + 1 :] if outputs else self.products
        read = vector_accesses(layer, config).operands
        allowed = 0
        for product in reversed(self.products):
            if product.accesses.needed_by(read):
                break
            allowed += 1
        else:
            allowed = MOST_PRODUCTS
        self.products = self.products[-allowed:] if allowed else []
        waits_vector = bool(self.last_vector and self.last_vector.needed_by(read))
        if waits_vector:
            self.last_vector = None
        self.fused = layer
        return replace(layer, products=allowed, waits_vector=int(waits_vector))

    def product(self, descriptor: Descriptor, config: MachineConfig) -> Descriptor:
        """A product: the loader has accepted all loads of the one before."""
        if self.products and self.products[-1].behind:
            self.last_vector = None
        if self.products and self.products[-1].alone:
            self.products = self.products[-1:]
        self.products = self.products[-(MOST_PRODUCTS - 1) :]
        before = [product.accesses for product in self.products]
        vector = [self.last_vector] if self.last_vector else []
        read = product_accesses(descriptor, config)
        output = vector_accesses(self.fused, config) if self.fused else NO_ACCESSES
        accesses = read | output
        # Nothing is written before the first inputs are there.
        overwrites = any(
            accesses.writes.meets(one.writes) or accesses.writes.meets(one.operands)
            for one in vector
        )
        inputs_wait_vectors = overwrites or any(one.needed_by(read.operands) for one in vector)
        weights_wait_vectors = any(one.needed_by(read.weights) for one in vector)
        awaited = ALL
        others = read.weights | previous_step(descriptor, config)
        for_inputs = not (overwrites or any(one.needed_by(others) for one in vector))
        if inputs_wait_vectors and for_inputs and self.last_layer:
            awaited = inputs_awaited(descriptor, self.last_layer, config)
        descriptor = replace(
            descriptor,
            weights_wait=int(any(one.needed_by(read.weights) for one in before)),
            inputs_wait=int(any(one.needed_by(read.operands) for one in before)),
            weights_wait_vectors=int(weights_wait_vectors),
            inputs_wait_vectors=int(inputs_wait_vectors),
            inputs_first=awaited[0],
            inputs_step=awaited[1],
        )
        self.products.append(
            _Product(
                read,
                self.fused,
                output,
                bool(descriptor.weights_wait or descriptor.inputs_wait),
                (weights_wait_vectors or inputs_wait_vectors) and awaited == ALL,
            )
        )
        self.fused = None
        return descriptor


def _part(
    product: _Product, layer: VectorDescriptor, accesses: Accesses, config: MachineConfig
) -> tuple[int, int]:
    """How much of the output of ``product`` each block of ``layer`` needs.

    :data:`ALL` if it depends on more than that a and b are in there.
    """
    output = product.output
    if (
        product.fused is None
        or product.own.conflicts(accesses)
        or output.needed_by(constant_bytes(layer, config))
        or accesses.writes.meets(output.writes)
        or accesses.writes.meets(output.operands)
    ):
        return ALL
    return results_awaited(layer, product.fused, config)
