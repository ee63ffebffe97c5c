"""How much of a vector layer inputs wait for, against transfers and blocks of rows one by one."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from golden.accelerator.assemble import Addresses, assemble
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.plan import Plan
from golden.accelerator.shape import LayerShape
from golden.accelerator.units import Units
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.vector.descriptor import Op, Size, VectorDescriptor
from golden.vector.streaming import ALL, inputs_awaited

TINY = load_config("tiny")
BUS, ENTRY = TINY.bus_bytes, Units.of(TINY).entry_bytes
SHAPE = LayerShape(height=2, width=1, channels=TINY.beat_elements, columns=TINY.columns)
PLAN = Plan(SHAPE, TINY, 1, 1, False)


@st.composite
def products(draw: st.DrawFn) -> Descriptor:
    """Products whose blocks of rows lie anywhere."""
    span = draw(st.integers(1, 12))
    image = draw(st.integers(span, 40))
    padding = draw(st.integers(0, span - 1))
    step = draw(st.integers(1, 8))
    blocks = draw(st.integers(1, 1 + (image + padding - 1) // step))
    return replace(
        assemble(PLAN, Mode.ACT, 0, Addresses(ENTRY * draw(st.integers(0, 60)), 0, 0)),
        row_blocks=blocks,
        image_entries=image,
        padding_entries=padding,
        block_step_entries=step,
        block_span_entries=span,
    )


@st.composite
def layers(draw: st.DrawFn) -> VectorDescriptor:
    """Vector layers whose transfers lie anywhere, often one behind the other."""
    words, tail_words = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    count, blocks = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    stride, block, group = (
        draw(st.sampled_from((least, least + 1, 0)))
        for least in (words, count * words, blocks * count * words)
    )
    return VectorDescriptor(
        op=Op.SCALE,
        a_size=Size.BITS_8,
        o_size=Size.BITS_8,
        a_address=0,
        o_address=BUS * draw(st.integers(0, 100)),
        o_stride=BUS * stride,
        o_block=BUS * block,
        o_group=BUS * group,
        a_count=1,
        a_tail_count=1,
        a_words=1,
        a_tail_words=1,
        o_count=count,
        o_tail_count=draw(st.integers(1, 4)),
        o_words=words,
        o_tail_words=tail_words,
        groups=draw(st.integers(1, 3)),
        blocks=blocks,
        pixels=1,
        tail_pixels=1,
        rows=1,
    )


def stored(layer: VectorDescriptor) -> list[range]:
    """Bytes of each transfer of the output, in order."""
    found = []
    for group in range(layer.groups):
        for block in range(layer.blocks):
            tail = block == layer.blocks - 1
            words = layer.o_tail_words if tail else layer.o_words
            for number in range(layer.o_tail_count if tail else layer.o_count):
                first = layer.o_address + group * layer.o_group + block * layer.o_block
                first += number * layer.o_stride
                found.append(range(first, first + words * BUS))
    return found


def needed(product: Descriptor, row_block: int, layer: VectorDescriptor) -> int:
    """Transfers up to the last that has a byte of what a block of rows reads."""
    origin = row_block * product.block_step_entries - product.padding_entries
    entries = range(origin, origin + product.block_span_entries)
    read = {
        product.inputs_address + entry * ENTRY + byte
        for entry in entries
        if 0 <= entry < product.image_entries
        for byte in range(ENTRY)
    }
    meet = [number for number, one in enumerate(stored(layer), 1) if not read.isdisjoint(one)]
    return max(meet, default=0)


@settings(max_examples=500)
@given(products(), layers())
def test_what_is_awaited_is_what_each_block_of_rows_needs(
    product: Descriptor, layer: VectorDescriptor
) -> None:
    places = stored(layer)
    ordered = sorted(places, key=lambda one: one.start)
    apart = all(a.stop <= b.start for a, b in pairwise(ordered))
    first, step = inputs_awaited(product, layer, TINY)
    if not apart:
        assert (first, step) == ALL
        return
    need = [needed(product, block, layer) for block in range(product.row_blocks)]
    assert first == max(1, need[0])
    assert all(first + block * step >= one for block, one in enumerate(need))
    if step:
        assert any(first + block * (step - 1) < one for block, one in enumerate(need))


def test_what_fits_no_field_is_all() -> None:
    def layer(count: int) -> VectorDescriptor:
        return VectorDescriptor(
            op=Op.SCALE,
            a_size=Size.BITS_8,
            o_size=Size.BITS_8,
            a_address=0,
            o_address=0,
            o_stride=BUS,
            o_block=BUS * count,
            groups=1,
            blocks=2,
            o_count=count,
            o_tail_count=count,
            o_words=1,
            o_tail_words=1,
            **{f"a_{tail}{what}": 1 for tail in ("", "tail_") for what in ("count", "words")},
            pixels=1,
            tail_pixels=1,
            rows=1,
        )

    whole = replace(
        assemble(PLAN, Mode.ACT, 0, Addresses(0, 0, 0)),
        row_blocks=1,
        image_entries=1 << 20,
        padding_entries=0,
        block_step_entries=1 << 20,
        block_span_entries=1 << 20,
    )
    assert inputs_awaited(whole, layer(20000), TINY) == (40000, 0)
    assert inputs_awaited(whole, layer(40000), TINY) == ALL
