"""A queue run over memory in NumPy: what the machine leaves there, layer by layer."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.layout import (
    accumulator_bytes,
    input_bytes,
    pack_accumulators,
    unpack_accumulators,
    unpack_inputs,
    unpack_weights,
    weight_bytes,
)
from golden.accelerator.program import LayerRun, flags_of
from golden.difference.matmul import Mode
from golden.formats.im2col import im2col
from golden.step.drafts import ProductOf
from golden.step.program import Entry, StepProgram
from golden.vector.descriptor import VectorDescriptor
from golden.vector.layer import run_vector_layer


def always_temporal(_: Entry) -> Mode:
    """A choice that needs no cycles."""
    return Mode.TEMPORAL


def execute(
    memory: np.ndarray,
    program: StepProgram,
    queue: str,
    choose: Callable[[Entry], Mode] = always_temporal,
) -> Iterator[tuple[Entry, LayerRun | None]]:
    """Runs ``queue`` over ``memory`` uint8, which it changes.

    ``choose`` says which variant of a choice runs. Yields every entry when it is done, products
    with the run whose cycles the simulator counts.
    """
    fused: VectorDescriptor | None = None
    for entry in chosen(program.queues[queue].entries, choose):
        run = None
        if isinstance(entry.descriptor, ChoiceDescriptor):
            pass
        elif isinstance(entry.descriptor, VectorDescriptor) and entry.descriptor.fused:
            fused = entry.descriptor
        elif isinstance(entry.descriptor, VectorDescriptor):
            run_vector_layer(memory, entry.descriptor, program.config)
        else:
            assert entry.product
            assert isinstance(entry.descriptor, Descriptor)
            run = product_run(memory, entry.descriptor, entry.product)
            results = pack_accumulators(run.accumulators(), run.plan)
            if not entry.descriptor.discard:
                address = entry.descriptor.results_address
                memory[address : address + len(results)] = results
            if entry.descriptor.output:
                assert fused
                run_vector_layer(memory, fused, program.config, results)
                fused = None
        yield entry, run


def chosen(entries: Iterable[Entry], choose: Callable[[Entry], Mode]) -> Iterator[Entry]:
    """Entries as they run: behind every choice those of its variant."""
    for entry in entries:
        variant = entry.variants[choose(entry)] if entry.variants else ()
        yield entry
        yield from variant


def product_run(memory: np.ndarray, descriptor: Descriptor, product: ProductOf) -> LayerRun:
    """A product with what lies in memory where its descriptor says."""
    plan, shape = product.plan, product.plan.shape

    def part(address: int, size: int) -> np.ndarray:
        return memory[address : address + size]

    def rows(address: int) -> np.ndarray:
        image = unpack_inputs(part(address, input_bytes(plan)), plan)
        windows = (shape.kernel, shape.stride, shape.padding)
        found = im2col(image[np.newaxis], *windows, descriptor.zero_point, shape.trailing)
        return np.ascontiguousarray(found.reshape(shape.rows, shape.k))

    weights = unpack_weights(part(descriptor.weights_address, weight_bytes(plan)), plan)
    reference = previous = None
    if product.mode is Mode.TEMPORAL:
        reference = rows(descriptor.reference_address)
        sums = part(descriptor.previous_address, accumulator_bytes(plan))
        previous = unpack_accumulators(sums.copy(), plan)
    return LayerRun(
        plan,
        product.mode,
        descriptor.zero_point,
        rows(descriptor.inputs_address),
        weights,
        reference,
        previous,
        **flags_of(descriptor),
    )
