"""What is met of queues whose layers share tensors: who runs beside whom, and what holds them."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from golden.accelerator.descriptor import Descriptor
from golden.vector.dependencies import MOST_PRODUCTS
from golden.vector.descriptor import Op, VectorDescriptor
from tb.harness.coverage import Coverage

WAITS = ("weights_wait", "inputs_wait", "weights_wait_vectors", "inputs_wait_vectors")
STRATA: dict[str, tuple[str, ...]] = {
    "products under way": ("0", "1", "2", "3"),
    "product waits": ("for nothing", *WAITS),
    "must wait": ("vector layer for product", "product for product", "product for vector layer"),
    "fused layer must wait": ("for nothing", "for products", "for the vector unit"),
    "neighbours": (
        "vector layer beside product",
        "vector layer beside pair",
        "product beside vector layer",
        "pair beside vector layer",
    ),
    "parts of a vector layer": (
        *("all blocks at once", "one block after the other"),
        *("larger", "larger than the output"),
    ),
    "parts of a product's output": (
        *("all blocks at once", "one block after the other"),
        *("larger", "larger than the output", "in two sweeps", "in two sweeps of its begin"),
    ),
    "waits": ("as must be", "longer"),
}
"""What is met of a queue: layers that may run beside the one before, and what holds them"""

AnyLayer = Descriptor | VectorDescriptor


def output_transfers(fused: VectorDescriptor) -> int:
    """Transfers in which a fused layer writes its output."""
    return fused.groups * ((fused.blocks - 1) * fused.o_count + fused.o_tail_count)


def _fused_waits(layer: VectorDescriptor) -> list[str]:
    products = ["for products"] if layer.products < MOST_PRODUCTS else []
    vectors = ["for the vector unit"] if layer.waits_vector else []
    return products + vectors or ["for nothing"]


def _see_part(coverage: Coverage, layer: VectorDescriptor, fused: VectorDescriptor) -> None:
    """Counts how a vector layer takes a product's output as it comes, that of a ``fused`` layer."""
    see = partial(coverage.see, "parts of a product's output")
    see("one block after the other" if layer.results_step else "all blocks at once")
    if layer.op == Op.GROUPS:
        see("in two sweeps")
        # The second sweep may begin long before the product ends, and needs no more than the first.
        needed = layer.results_first + (layer.blocks - 1) * layer.results_step
        if layer.results_step and needed < output_transfers(fused):
            see("in two sweeps of its begin")


def see_mixture(coverage: Coverage, must: Sequence[AnyLayer], layers: Sequence[AnyLayer]) -> None:
    """Counts what layers wait for, and those that may run beside the one before."""
    fused: VectorDescriptor | None = None
    for least, layer in zip(must, layers, strict=True):
        if isinstance(least, VectorDescriptor) and isinstance(layer, VectorDescriptor):
            if layer.fused:
                fused = least
                for wait in _fused_waits(least):
                    coverage.see("fused layer must wait", wait)
                continue
            coverage.see("products under way", str(layer.products))
            if least.results_first:
                assert fused
                _see_part(coverage, least, fused)
            if least.products < MOST_PRODUCTS:
                coverage.see("must wait", "vector layer for product")
            continue
        if isinstance(least, Descriptor) and least.inputs_first:
            blocks = "one block after the other" if least.inputs_step else "all blocks at once"
            coverage.see("parts of a vector layer", blocks)
        for wait in WAITS:
            if getattr(layer, wait):
                coverage.see("product waits", wait)
            if getattr(least, wait):
                of = "vector layer" if "vectors" in wait else "product"
                coverage.see("must wait", f"product for {of}")
        if not any(getattr(layer, wait) for wait in WAITS):
            coverage.see("product waits", "for nothing")
    pairs = [one for one in layers if not (isinstance(one, VectorDescriptor) and one.fused)]
    for before, behind in pairwise(pairs):
        match before, behind:
            case Descriptor(), VectorDescriptor() if behind.products:
                name = "pair" if before.output else "product"
                coverage.see("neighbours", f"vector layer beside {name}")
            case VectorDescriptor(), Descriptor(weights_wait_vectors=0, inputs_wait_vectors=0):
                name = "pair" if behind.output else "product"
                coverage.see("neighbours", f"{name} beside vector layer")
