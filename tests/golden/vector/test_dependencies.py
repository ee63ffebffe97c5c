"""Waits against the rules of the machine: layers of any duration find what others left them."""

from dataclasses import dataclass, replace
from itertools import combinations
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.accelerator.accesses import Accesses, previous_step, product_accesses
from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.intervals import Intervals
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.vector.accesses import constant_bytes, transfers, vector_accesses
from golden.vector.dependencies import AnyDescriptor, Waits, with_waits
from golden.vector.descriptor import Op, Size, VectorDescriptor
from golden.vector.streaming import row_block_bytes

TINY = load_config("tiny")
BUS = TINY.bus_bytes
SLOT, SLOTS = 1024, 18
"""Tensors of the layers below are smaller than a slot"""
CONSTANTS = SLOT * SLOTS
PLAN = Plan(
    LayerShape(height=4, width=1, channels=TINY.beat_elements, columns=TINY.columns),
    TINY,
    1,
    1,
    False,
)


def product(places: list[int], mode: Mode = Mode.TEMPORAL, **flags: int) -> Descriptor:
    """A product whose tensors lie in these slots."""
    inputs, weights, results, reference, previous = (SLOT * place for place in places)
    addresses = Addresses(inputs, weights, results, reference, previous)
    return replace(assemble(PLAN, mode, 0, addresses), **flags)


def vector(
    a: int, o: int, b: int | None = None, *, fused: bool = False, gap: int = 1
) -> VectorDescriptor:
    """A vector layer of three blocks from one slot, or two, to another, with gaps between them."""
    counts = {f"{s}_{t}{w}": 1 for s in "ao" for t in ("", "tail_") for w in ("count", "words")}
    if b is not None:
        counts |= {"b_words": 1, "b_tail_words": 1, "b_address": SLOT * b, "b_block": BUS}
        counts["b_size"] = Size.BITS_16 if fused else Size.BITS_8
    return VectorDescriptor(
        op=Op.SCALE if b is None else Op.SUM,
        a_size=Size.BITS_32 if fused else Size.BITS_8,
        o_size=Size.BITS_8,
        a_address=SLOT * a,
        o_address=SLOT * o,
        a_block=BUS,
        o_block=(1 + gap) * BUS,
        blocks=3,
        pixels=1,
        tail_pixels=1,
        rows=1,
        p_address=CONSTANTS,
        p_words=1,
        fused=int(fused),
        **counts,
    )


@st.composite
def queues(draw: st.DrawFn, most: int = 12) -> list[AnyDescriptor]:
    """Products, vector layers and pairs whose tensors share slots."""
    slot = st.integers(0, draw(st.sampled_from((4, 7, SLOTS))) - 1)
    found: list[AnyDescriptor] = []
    output = draw(slot)
    for kind in draw(st.lists(st.sampled_from("pppvvvffst"), min_size=1, max_size=most)):
        places = [draw(slot) for _ in range(5)]
        gap = draw(st.integers(0, 2))
        if kind == "v":
            found.append(vector(*places[:2], draw(st.none() | slot), gap=gap))
        elif kind == "s":
            found.append(vector(output, *places[:1], draw(st.none() | slot), gap=gap))
        elif kind == "t":
            found.append(vector(*places[:2], output, gap=gap))
        else:
            flags = {"output": 1, "discard": draw(st.integers(0, 1))} if kind == "f" else {}
            if kind == "f":
                output = draw(slot)
                found.append(vector(0, output, draw(st.none() | slot), fused=True))
            found.append(product(places, draw(st.sampled_from(Mode)), **flags))
    return found


@st.composite
def choosing_queues(draw: st.DrawFn) -> list[list[list[AnyDescriptor]]]:
    """Parts of a queue: one variant, which runs, or up to three, one of which does."""
    variants = st.lists(queues(most=3), min_size=1, max_size=3)
    return draw(st.lists(variants, min_size=1, max_size=6))


@dataclass
class Times:
    """When a layer reads and writes in a run of the machine."""

    accesses: Accesses
    weights: float
    """The first load of weights"""
    operands: float
    """... of all else"""
    read: float
    """The last"""
    writes: float
    """The first write"""
    end: float
    loads: list[tuple[float, Intervals]]
    """When it reads what"""
    stores: list[tuple[float, Intervals]]
    """From when on memory has what"""
    pair: object = None
    """The same of a fused layer and its product"""


def run(queue: list[AnyDescriptor], lasts: Random) -> list[Times]:
    """The queue on a machine whose layers take any time, by the rules of docs/accelerator.md."""

    def some() -> int:
        return lasts.choice((0, 1, 5, 50))

    now, loader, outputs = 0.0, 0.0, 0.0
    products: list[Times] = []
    vectors: list[Times] = []
    found: list[Times] = []
    fused: Times | None = None
    output: Times | None = None
    for descriptor in queue:
        if isinstance(descriptor, VectorDescriptor) and descriptor.fused:
            ended = products[: len(products) - descriptor.products]
            now = max([now, outputs, *(one.end for one in ended)])
            if descriptor.waits_vector:
                now = max([now, *(one.end for one in vectors)])
            read = now + some()
            accesses = vector_accesses(descriptor, TINY)
            loads = [(now, accesses.operands)]
            fused = Times(accesses, now, now, read, read, read, loads, [])
            of_output = transfers(descriptor, "o", BUS)
        elif isinstance(descriptor, VectorDescriptor):
            ended = products[: len(products) - descriptor.products]
            now = max([now, *(one.end for one in (*ended, *vectors))])
            accesses, stores = vector_accesses(descriptor, TINY), []
            loads = [(now, constant_bytes(descriptor, TINY))]
            last = now
            for number, read in enumerate(blocks_read(descriptor)):
                last = max(last, results_there(descriptor, number, output))
                loads.append((last, read))
                last += some()
            end = last
            for first, behind in zip(*transfers(descriptor, "o", BUS), strict=True):
                end += some()
                stores.append((end, Intervals.of(first, behind - first)))
            end += some()
            one = Times(accesses, now, now, last, now, end, loads, stores)
            vectors.append(one)
            found.append(one)
        else:
            assert isinstance(descriptor, Descriptor)
            now = max(now, loader, *(one.end for one in products[:-2]), 0)
            now = max(now, fused.read if fused else 0)
            behind = max([0.0, *(one.end for one in vectors)])
            alone = max([0.0, *(one.end for one in products)])
            weights = now + some()
            if descriptor.weights_wait:
                weights = max(weights, alone)
            if descriptor.weights_wait_vectors:
                weights = max(weights, behind)
            loader, loads = weights + some(), []
            if descriptor.inputs_wait:
                loader = max(loader, alone)
            blocks = zip(*row_block_bytes(descriptor, TINY), strict=True)
            for number, (first, last) in enumerate(blocks):
                if descriptor.inputs_wait_vectors:
                    loader = max(loader, awaited(descriptor, number, vectors))
                loads.append((loader, Intervals.of(first, last - first)))
                loader += some()
            operands = loads[0][0]
            accesses = product_accesses(descriptor, TINY)
            loads += [(weights, accesses.weights)]
            loads += [(operands, previous_step(descriptor, TINY))]
            writes = max(operands, alone) + some()
            end = max(loader, writes) + some()
            stores = [(end, accesses.writes)]
            one = Times(accesses, weights, operands, loader, writes, end, loads, stores)
            if fused:
                one.pair = fused
                stores, stored = [], writes
                for first, last in zip(*of_output, strict=True):
                    stored += some()
                    stores.append((stored, Intervals.of(first, last - first)))
                outputs = one.end = max(end, stored)
                one.stores = [(one.end, accesses.writes)]
                output = replace(
                    fused, writes=writes, read=one.end, end=one.end, stores=stores, pair=fused
                )
                found.append(output)
                fused = None
            products.append(one)
            found.append(one)
    return found


def blocks_read(layer: VectorDescriptor) -> list[Intervals]:
    """What each block of a vector layer reads of a and b."""
    found = [Intervals.of(first, end - first) for first, end in
             zip(*transfers(layer, "a", BUS), strict=True)]  # fmt: skip
    if layer.b_words:
        b = (layer.b_address + number * layer.b_block for number in range(layer.blocks))
        found = [one | Intervals.of(first, BUS) for one, first in zip(found, b, strict=True)]
    return found


def results_there(layer: VectorDescriptor, block: int, output: Times | None) -> float:
    """When a block of a vector layer is no longer held by the last product with output."""
    needed = layer.results_first + block * layer.results_step
    if not layer.results_first or not output:
        return 0.0
    return output.stores[needed - 1][0] if needed <= len(output.stores) else output.end


def awaited(product: Descriptor, row_block: int, vectors: list[Times]) -> float:
    """When inputs of a block of rows are no longer held by vector layers."""
    behind = max([0.0, *(one.end for one in vectors)])
    needed = product.inputs_first + row_block * product.inputs_step
    if not product.inputs_first or not vectors or needed > len(vectors[-1].stores):
        return behind
    return vectors[-1].stores[needed - 1][0]


@settings(max_examples=1000)
@given(queues(), st.randoms(use_true_random=False))
def test_no_layer_overtakes_what_it_depends_on(queue: list[AnyDescriptor], lasts: Random) -> None:
    assert_in_order(run(list(with_waits(queue, TINY)), lasts))


@settings(max_examples=600, deadline=None)
@given(choosing_queues(), st.randoms(use_true_random=False))
def test_none_does_whatever_is_chosen(
    parts: list[list[list[AnyDescriptor]]], lasts: Random
) -> None:
    """Waits are set once for all choices; a choice holds up nothing."""
    waits, waiting = Waits(TINY), list[list[list[AnyDescriptor]]]()
    for variants in parts:
        if len(variants) == 1:
            waiting.append([[waits.of(one) for one in variants[0]]])
            continue
        choice = ChoiceDescriptor(entry=0)
        assert waits.of(choice) == choice
        branches = [waits.branch() for _ in variants]
        pairs = zip(branches, variants, strict=True)
        waiting.append([[branch.of(one) for one in variant] for branch, variant in pairs])
        waits.join(branches)
    for _ in range(3):
        chosen = [one for variants in waiting for one in lasts.choice(variants)]
        assert_in_order(run(chosen, lasts))


def assert_in_order(found: list[Times]) -> None:
    """No layer reads or writes before others have what it must find, or may overwrite."""
    for before, behind in combinations(found, 2):
        if before.pair is behind.pair is not None:
            continue
        first, second = before.accesses, behind.accesses
        for stored, written in before.stores:
            for loaded, read in behind.loads:
                assert stored <= loaded or not written.meets(read)
        if first.writes.meets(second.writes):
            assert before.end <= behind.writes
        if (first.weights | first.operands).meets(second.writes):
            assert before.read <= behind.writes


@given(st.lists(st.sampled_from("pvf"), max_size=12))
def test_independent_layers_wait_for_nothing(kinds: list[str]) -> None:
    queue: list[AnyDescriptor] = []
    for number, kind in enumerate(kinds):
        base = SLOTS + 10 * number
        if kind == "v":
            queue.append(vector(base, base + 1))
            continue
        if kind == "f":
            queue.append(vector(base, base + 5, fused=True))
        queue.append(product(list(range(base, base + 5)), output=int(kind == "f")))
    for before, behind in zip(queue, with_waits(queue, TINY), strict=True):
        if isinstance(before, VectorDescriptor):
            before = replace(before, products=3)
        assert behind == before


def test_a_wait_is_for_the_vector_layers_before_it_alone() -> None:
    layers = product([1, 5, 4, 5, 5]), product([2, 5, 3, 5, 5])
    queue: list[AnyDescriptor] = [vector(0, 1), layers[0], vector(0, 2), layers[1]]
    waits = [
        one.inputs_wait_vectors for one in with_waits(queue, TINY) if isinstance(one, Descriptor)
    ]
    assert waits == [1, 1]


def test_each_operand_waits_for_the_engine_that_writes_it() -> None:
    def waits(*queue: AnyDescriptor) -> list[int]:
        *_, last = with_waits(queue, TINY)
        if isinstance(last, VectorDescriptor):
            return [last.products]
        assert isinstance(last, Descriptor)
        return [last.weights_wait, last.inputs_wait,
                last.weights_wait_vectors, last.inputs_wait_vectors]  # fmt: skip

    others = [10, 11, 12, 13, 14]
    assert waits(product([0, 1, 2, 3, 4]), product([2, 11, 12, 13, 14])) == [0, 1, 0, 0]
    assert waits(product([0, 1, 2, 3, 4]), product([10, 2, 12, 13, 14])) == [1, 0, 0, 0]
    assert waits(vector(0, 1), product([10, 11, 12, 1, 14])) == [0, 0, 0, 1]
    assert waits(vector(0, 1), product([10, 1, 12, 13, 14])) == [0, 0, 1, 0]
    # What a vector layer reads is not overwritten before it was read.
    assert waits(vector(0, 1), product([10, 11, 0, 13, 14])) == [0, 0, 0, 1]
    assert waits(product([0, 1, 2, 3, 4]), product(others), vector(2, 20)) == [1]
    assert waits(product([0, 1, 2, 3, 4]), product(others), vector(20, 10)) == [0]
    assert waits(product([0, 1, 2, 3, 4]), product(others), vector(20, 21)) == [3]
    pair = vector(0, 5, fused=True), product([0, 1, 2, 3, 4], output=1, discard=1)
    assert waits(*pair, vector(2, 20)) == [3]
    assert waits(*pair, vector(20, 5)) == [0]
    # A vector layer that waited for the one is reason enough not to wait again.
    assert waits(product([0, 1, 2, 3, 4]), vector(2, 20), product([2, 11, 12, 13, 14])) == [
        0, 0, 0, 0]  # fmt: skip


def test_inputs_alone_wait_for_parts() -> None:
    def parts(*queue: AnyDescriptor) -> list[tuple[int, int, int]]:
        found = [one for one in with_waits(queue, TINY) if isinstance(one, Descriptor)]
        return [(one.inputs_wait_vectors, one.inputs_first, one.inputs_step) for one in found]

    assert PLAN.row_blocks > 1
    others = [11, 12, 13, 14]
    (streamed,) = parts(vector(0, 1), product([1, *others]))
    assert streamed[:2] == (1, 1)
    assert streamed[2]
    # What reads the layer in another way waits for all of it, and so does who overwrites it.
    assert parts(vector(0, 1), product([1, 11, 12, 1, 14])) == [(1, 0, 0)]
    assert parts(vector(0, 1), product([1, 11, 12, 13, 1])) == [(1, 0, 0)]
    assert parts(vector(0, 1), product([1, 1, 12, 13, 14])) == [(1, 0, 0)]
    assert parts(vector(0, 1), product([1, 11, 0, 13, 14])) == [(1, 0, 0)]
    pair = vector(0, 0, fused=True), product([1, *others], output=1)
    assert parts(vector(0, 1), *pair) == [(1, 0, 0)]
    # Who waits for a part does not tell those behind it that the rest is there.
    queue = vector(0, 1), product([1, *others]), product([15, 16, 17, 1, 16])
    assert parts(*queue) == [streamed, (1, 0, 0)]
    queue = vector(0, 1), product([15, 16, 17, 1, 16]), product([1, *others])
    assert parts(*queue) == [(1, 0, 0), (0, 0, 0)]


def test_vector_layers_take_an_output_as_it_comes() -> None:
    def parts(*queue: AnyDescriptor) -> tuple[int, int, int]:
        *_, last = with_waits(queue, TINY)
        assert isinstance(last, VectorDescriptor)
        return last.products, last.results_first, last.results_step

    others = [11, 12, 13, 14, 15]
    pair = vector(0, 5, fused=True), product([0, 1, 2, 3, 4], output=1)
    alone = product(others)
    # Its third block ends where the second transfer does.
    assert parts(*pair, vector(5, 20)) == (3, 1, 1)
    assert parts(*pair, vector(20, 21, 5)) == (3, 1, 1)
    assert parts(*pair, alone, vector(5, 20)) == (3, 1, 1)
    assert parts(*pair, alone, vector(15, 20, 5)) == (3, 1, 1)
    # A product before that is waited for besides.
    assert parts(alone, *pair, vector(5, 13)) == (1, 1, 1)
    # Who needs another product, or the sums, waits for the end.
    assert parts(*pair, alone, vector(5, 20, 13)) == (0, 0, 0)
    assert parts(*pair, vector(5, 20, 2)) == (0, 0, 0)
    # So does who overwrites what is read or written, or has parameters there.
    assert parts(*pair, vector(5, 5)) == (0, 0, 0)
    assert parts(*pair, vector(5, 0)) == (0, 0, 0)
    elsewhere = replace(vector(5, 20), p_address=5 * SLOT)
    assert parts(*pair, elsewhere) == (0, 0, 0)
    # Of two outputs only the last one comes in parts.
    more = vector(0, 6, fused=True), product(others, output=1)
    assert parts(*pair, *more, vector(5, 20)) == (3, 0, 0)
    assert parts(*pair, *more, vector(6, 20)) == (3, 1, 1)


def test_fused_layers_wait_for_what_they_read_themselves() -> None:
    def waits(*queue: AnyDescriptor) -> tuple[int, int]:
        *_, last = with_waits(queue, TINY)
        assert isinstance(last, VectorDescriptor)
        return last.products, last.waits_vector

    some, others = product([0, 1, 2, 3, 4]), product([10, 11, 12, 13, 14])
    assert waits(some, others, vector(0, 5, fused=True)) == (3, 0)
    assert waits(some, others, vector(0, 5, 2, fused=True)) == (1, 0)
    assert waits(some, others, vector(0, 5, 12, fused=True)) == (0, 0)
    assert waits(vector(20, 21), vector(0, 5, 21, fused=True)) == (3, 1)
    assert waits(vector(20, 21), vector(0, 5, 20, fused=True)) == (3, 0)
    parameters = replace(vector(20, 21), o_address=CONSTANTS)
    assert waits(parameters, vector(0, 5, fused=True)) == (3, 1)


def test_parts_do_for_every_variant() -> None:
    def parts(*variants: AnyDescriptor) -> tuple[int, int, int]:
        waits = Waits(TINY)
        branches = [waits.branch() for _ in variants]
        for branch, variant in zip(branches, variants, strict=True):
            branch.of(variant)
        waits.join(branches)
        found = waits.of(product([1, 11, 12, 13, 14]))
        assert isinstance(found, Descriptor)
        return found.inputs_wait_vectors, found.inputs_first, found.inputs_step

    dense, sparse = vector(0, 1, gap=0), vector(0, 1, gap=1)
    assert parts(dense)[1:] > parts(sparse)[1:]
    assert parts(dense, sparse) == parts(sparse, dense) == parts(dense)
    # To wait for a part of a layer that leaves no inputs does no harm.
    assert parts(dense, vector(0, 2)) == parts(vector(0, 2), dense) == parts(dense)
    # What is overwritten, all wait for.
    assert parts(dense, vector(12, 1), vector(12, 2)) == (1, 0, 0)


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 9)), max_size=8), st.data())
def test_intervals_are_sets_of_bytes(some: list[tuple[int, int]], data: st.DataObject) -> None:
    found = Intervals.union(Intervals.of(first, size) for first, size in some)
    wanted = {byte for first, size in some for byte in range(first, first + size)}
    held = [set(range(a, b)) for a, b in zip(found.starts, found.ends, strict=True)]
    assert set().union(*held) == wanted
    assert np.all(found.starts[1:] > found.ends[:-1])
    first, size = data.draw(st.integers(0, 60)), data.draw(st.integers(0, 9))
    assert found.meets(Intervals.of(first, size)) == bool(wanted & set(range(first, first + size)))
