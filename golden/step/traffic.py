"""Which buffers a queue moves how many bytes of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from golden.accelerator.accesses import result_words
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.plan import Plan
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.step.drafts import Draft
from golden.vector.accesses import transfers
from golden.vector.descriptor import TABLE_BYTES, Op, VectorDescriptor
from golden.vector.streams import addend_scale


def moved_by_buffer(drafts: Iterable[Draft], config: MachineConfig) -> Mapping[str, float]:
    """Bytes that a step reads and writes of each buffer, the two of a pair together, by name.

    Of a choice the mean of its variants.
    """
    found: defaultdict[str, float] = defaultdict(float)
    for draft in drafts:
        _add(found, draft, config, 1.0)
        for variant in draft.variants.values():
            for one in variant:
                _add(found, one, config, 1 / len(draft.variants))
    return found


def _add(found: defaultdict[str, float], draft: Draft, config: MachineConfig, share: float) -> None:
    for field, moved in moved_by_field(draft, config):
        if field in draft.places:
            found[draft.places[field].buffer.name] += share * moved


def moved_by_field(draft: Draft, config: MachineConfig) -> Iterator[tuple[str, int]]:
    """Bytes that a layer reads or writes at each of its descriptor's addresses."""
    descriptor = draft.descriptor
    if isinstance(descriptor, ChoiceDescriptor):
        return
    if isinstance(descriptor, VectorDescriptor):
        yield from _of_vector_layer(descriptor, config)
        return
    assert draft.product
    yield from _of_product(descriptor, draft.product.plan, draft.product.mode, config)


def _of_product(
    descriptor: Descriptor, plan: Plan, mode: Mode, config: MachineConfig
) -> Iterator[tuple[str, int]]:
    weights = inputs = 0
    for one in plan.passes():
        if one.new_weights:
            weights += plan.weight_words(one.group, one.chunk) * config.bus_bytes
        if one.new_inputs:
            first, end = plan.input_range(one.row_block)
            inputs += (end - first) * plan.units.entry_bytes
    sums = result_words(descriptor) * config.bus_bytes
    yield "weights_address", weights
    yield "inputs_address", inputs
    if mode is Mode.TEMPORAL:
        yield "reference_address", inputs
        yield "previous_address", sums
    if not descriptor.discard:
        yield "results_address", sums


def _of_vector_layer(layer: VectorDescriptor, config: MachineConfig) -> Iterator[tuple[str, int]]:
    bus = config.bus_bytes

    def size(name: str) -> int:
        starts, ends = transfers(layer, name, bus)
        return int((ends - starts).sum())

    if not layer.fused:
        # Statistics first, results then.
        yield "a_address", size("a") * (2 if layer.op == Op.GROUPS else 1)
    if layer.b_words and layer.fused and not layer.b_vector:
        # It lies as the output does.
        yield "b_address", addend_scale(layer) * size("o")
    elif layer.b_words:
        blocks = (layer.blocks - 1) * layer.b_words + layer.b_tail_words
        yield "b_address", layer.groups * blocks * bus
    if layer.p_words:
        # Those of all channels come at once where a layer is fused.
        yield "p_address", (1 if layer.fused else layer.groups) * layer.p_words * bus
    if layer.table or layer.op == Op.SOFTMAX:
        yield "t_address", max(TABLE_BYTES, bus)
    yield "o_address", size("o")
