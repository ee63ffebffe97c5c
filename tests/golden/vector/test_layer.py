from dataclasses import replace

import numpy as np
import pytest

from golden.formats.quantization import TensorFormat
from golden.integer.elementwise import Concatenation, Product, Sum, Table
from golden.integer.fixed_point import Requantization
from golden.integer.normalization import Normalization
from golden.integer.softmax import POWERS, Softmax
from golden.vector.descriptor import Op, Parameters, Size, VectorDescriptor
from tests.helpers.vector_bench import CHANNELS, PER_BLOCK, Bench, Place

BYTE = TensorFormat(scale=0.05, zero_point=-9)
OTHER = TensorFormat(scale=0.04, zero_point=17)
WORD = TensorFormat(bits=16, scale=0.0004, zero_point=-700)
FINE = TensorFormat(bits=16, scale=0.0003, zero_point=5)

on_buses = pytest.mark.parametrize("bus", [4, 16, 64])
in_targets = pytest.mark.parametrize("target", [OTHER, FINE], ids=["8", "16"])


def scale_of(requantization: Requantization) -> dict[str, int]:
    return {
        "a_zero": -int(requantization.bias),
        "first_multiplier": int(requantization.multiplier),
        "first_shift": int(requantization.shift),
        "zero": requantization.target.zero_point,
    }


@on_buses
@in_targets
@pytest.mark.parametrize("source", [BYTE, WORD], ids=["8", "16"])
@pytest.mark.parametrize("strided", [False, True])
@pytest.mark.parametrize("pixels", [1, 3, 8])
def test_scale(bus, source, target, strided, pixels):
    bench = Bench(bus, pixels)
    x = bench.integers(source, 2, pixels, CHANNELS)
    requantization = Requantization.between(source, target)
    a = bench.put(x, strided, 128)
    out = bench.place(x.shape, target.dtype, not strided, 64)
    layer = VectorDescriptor(
        op=Op.SCALE,
        **bench.pixel(x.shape),
        **a.fields("a", PER_BLOCK),
        **out.fields("o", PER_BLOCK),
        **scale_of(requantization),
    )
    bench.check(layer, out, requantization(x))


@on_buses
@in_targets
@pytest.mark.parametrize("strided", [False, True])
def test_scale_per_channel_with_bias(bus, target, strided):
    """Sums of two groups of columns, each with its own parameters; padding keeps the zero point."""
    bench = Bench(bus)
    x = bench.rng.integers(-(2**31), 2**31, (2, 8, CHANNELS)).astype(np.int32)
    factors = bench.rng.uniform(1e-9, 3e-8, (2, CHANNELS)) * target.scale * 2**target.bits
    bias = bench.rng.integers(-(2**31) + 1, 2**31, (2, CHANNELS))
    parts = [Requantization.of(f, target, b) for f, b in zip(factors, bias, strict=True)]
    wanted = np.stack([part(each) for part, each in zip(parts, x, strict=True)])
    parameters = [
        [
            Parameters(int(b), int(m), int(n), 0)
            for b, m, n in zip(part.bias, part.multiplier, part.shift, strict=True)
        ]
        for part in parts
    ]
    parameters[1][-5:] = [Parameters()] * 5
    wanted[1, :, -5:] = target.zero_point
    a, out = bench.put(x, strided), bench.place(x.shape, target.dtype, True, 64)
    layer = VectorDescriptor(
        op=Op.SCALE,
        per_channel=1,
        zero=target.zero_point,
        **bench.pixel(x.shape),
        **a.fields("a", PER_BLOCK),
        **out.fields("o", PER_BLOCK),
        **bench.parameters(*parameters),
    )
    bench.check(layer, out, wanted)


@on_buses
@in_targets
@pytest.mark.parametrize("vector", [False, True])
@pytest.mark.parametrize("kind", [Sum, Product])
@pytest.mark.parametrize(("of_a", "of_b"), [(BYTE, OTHER), (WORD, BYTE), (OTHER, WORD)])
def test_sum_and_product(bus, target, vector, kind, of_a, of_b):
    bench = Bench(bus)
    shape = (1, 8, CHANNELS)
    x, y = bench.integers(of_a, *shape), bench.integers(of_b, 1, 1 if vector else 8, CHANNELS)
    function = kind(of_a, of_b, target)
    wanted = function(x[:, None], y[:, None])[:, 0]
    a, b, out = bench.put(x, True, 64), bench.put(y), bench.place(shape, target.dtype)
    of_b_stream = b.fields("b", 1 if vector else PER_BLOCK)
    if vector:
        of_b_stream["b_block"] = 0
    if kind is Sum:
        (first, second), shift = function.scaling
        constants = {"first_multiplier": int(first), "second_multiplier": int(second)}
    else:
        constants = {"first_multiplier": int(function.requantization.multiplier)}
        shift = int(function.requantization.shift)
    layer = VectorDescriptor(
        op=Op.SUM if kind is Sum else Op.PRODUCT,
        b_vector=int(vector),
        a_zero=of_a.zero_point,
        b_zero=of_b.zero_point,
        zero=target.zero_point,
        first_shift=shift,
        **constants,
        **bench.pixel(shape),
        **a.fields("a", PER_BLOCK),
        **of_b_stream,
        **out.fields("o", PER_BLOCK),
    )
    bench.check(layer, out, wanted)


@on_buses
@in_targets
@pytest.mark.parametrize("identity", [True, False])
def test_table(bus, target, identity):
    """Alone behind an identity, or behind a requantization to its own 8-bit input."""
    bench = Bench(bus)
    source = BYTE if identity else WORD
    x = bench.integers(source, 2, 8, CHANNELS)
    table = Table.of(np.tanh, BYTE, target)
    constants = {"first_multiplier": 2, "first_shift": 1}
    between = x
    if not identity:
        requantization = Requantization.between(source, BYTE)
        constants, between = scale_of(requantization), requantization(x)
    a, out = bench.put(x), bench.place(x.shape, target.dtype, True)
    layer = VectorDescriptor(
        op=Op.SCALE,
        table=1,
        **constants,
        **bench.pixel(x.shape),
        **a.fields("a", PER_BLOCK),
        **out.fields("o", PER_BLOCK),
        **bench.table(table.entries),
    )
    bench.check(layer, out, table(between))


def normalization_case(bench, norm, pixels, real, padding_apart):
    """Input, wanted output and parameters, with gaps between the ``real`` channels."""
    source, target = norm.source, norm.target
    x = bench.integers(source, 1, pixels, len(real))
    multiplier, bias, shift = norm.affine
    wanted = np.full((1, pixels, CHANNELS), target.zero_point, target.dtype)
    padded = np.full(wanted.shape, source.zero_point, source.dtype)
    padded[..., real], wanted[..., real] = x, norm(x[:, None])[:, 0]
    parameters, group = [Parameters(group=511)] * CHANNELS, 0
    for channel in range(CHANNELS):
        if channel in real:
            place = real.index(channel)
            group = place // (len(real) // norm.groups)
            parameters[channel] = Parameters(int(bias[place]), int(multiplier[place]), shift, group)
        elif not padding_apart:
            parameters[channel] = Parameters(group=group)
    return padded, wanted, parameters


@on_buses
@in_targets
@pytest.mark.parametrize("source", [BYTE, WORD], ids=["8", "16"])
@pytest.mark.parametrize("over_pixels", [True, False])
@pytest.mark.parametrize("table", [False, True])
def test_normalization(bus, source, target, over_pixels, table):
    bench = Bench(bus)
    real = [*range(12, 36), *range(40, 64)]
    groups = 4 if over_pixels else 1
    between = OTHER if table else target
    weight, bias = bench.rng.standard_normal((2, len(real)))
    norm = Normalization(groups, over_pixels, 1e-5, weight, bias, source, between)
    x, wanted, parameters = normalization_case(bench, norm, 8, real, padding_apart=False)
    of_table = {}
    if table:
        entries = Table.of(np.tanh, OTHER, target)
        of_table, wanted = {"table": 1, **bench.table(entries.entries)}, entries(wanted)
    count = (8 if over_pixels else 1) * len(real) // groups
    epsilon, division = norm.epsilon_integer(count)
    a, out = bench.put(x, True, 64), bench.place(x.shape, target.dtype)
    layer = VectorDescriptor(
        op=Op.GROUPS if over_pixels else Op.PIXELS,
        a_zero=source.zero_point,
        zero=between.zero_point,
        count=count,
        epsilon=epsilon,
        division=division,
        **bench.pixel(x.shape),
        **a.fields("a", PER_BLOCK),
        **out.fields("o", PER_BLOCK),
        **bench.parameters(parameters),
        **of_table,
    )
    bench.check(layer, out, wanted)
    if not over_pixels:
        return
    # Padding in runs of its own, where its zero point need not cancel.
    x, wanted, parameters = normalization_case(bench, norm, 8, [*range(48)], padding_apart=True)
    a.put(bench.memory, x)
    layer = replace(layer, a_zero=0, **bench.parameters(parameters))
    bench.check(layer, out, entries(wanted) if table else wanted)


@on_buses
def test_normalization_of_groups_that_need_division(bus):
    """N of more than 2 ** 16, with epsilon so large that d is more than c."""
    bench = Bench(bus)
    source = TensorFormat(bits=16, scale=1e-5, zero_point=3)
    bench.memory = np.zeros(1 << 21, np.uint8)
    norm = Normalization(1, True, 1e6, np.ones(CHANNELS), np.zeros(CHANNELS), source, FINE)
    x = bench.integers(source, 1, 1280, CHANNELS)
    multiplier, _, shift = norm.affine
    epsilon, division = norm.epsilon_integer(1280 * CHANNELS)
    assert division > 1
    a, out = bench.put(x), bench.place(x.shape, FINE.dtype)
    layer = VectorDescriptor(
        op=Op.GROUPS,
        zero=FINE.zero_point,
        count=1280 * CHANNELS,
        epsilon=epsilon,
        division=division,
        **bench.pixel(x.shape, 20),
        **a.fields("a", 20),
        **out.fields("o", 20),
        **bench.parameters([Parameters(0, int(m), shift, 0) for m in multiplier]),
    )
    bench.check(layer, out, norm(x[:, None])[:, 0])


@on_buses
@in_targets
@pytest.mark.parametrize("valid", [1, 50, CHANNELS])
def test_softmax(bus, target, valid):
    """Two groups, say heads; what lies behind the valid elements does not matter."""
    bench = Bench(bus)
    source = TensorFormat(bits=16, scale=1e-3, zero_point=40)
    target = TensorFormat(bits=target.bits, scale=2.0 ** (1 - target.bits), zero_point=-3)
    function = Softmax(1, source, target)
    x = bench.integers(source, 2, 8, CHANNELS)
    wanted = np.full(x.shape, target.zero_point, target.dtype)
    wanted[..., :valid] = function(np.ascontiguousarray(x[..., :valid]))
    multiplier, shift = function.scaling
    a, out = bench.put(x, True), bench.place(x.shape, target.dtype, True, 64)
    layer = VectorDescriptor(
        op=Op.SOFTMAX,
        valid=valid,
        first_multiplier=multiplier,
        first_shift=shift,
        second_multiplier=int(function.requantization.multiplier),
        second_shift=int(function.requantization.shift),
        zero=target.zero_point,
        **bench.pixel(x.shape),
        **a.fields("a", PER_BLOCK),
        **out.fields("o", PER_BLOCK),
        **bench.table(POWERS),
    )
    bench.check(layer, out, wanted)


@on_buses
def test_concatenation_is_two_layers(bus):
    bench = Bench(bus)
    function = Concatenation(BYTE, WORD, OTHER)
    x, y = bench.integers(BYTE, 1, 8, CHANNELS), bench.integers(WORD, 1, 8, 2 * CHANNELS)
    whole = bench.place((1, 8, 3 * CHANNELS), np.int8)
    wanted = function(x[:, None], y[:, None])[:, 0]
    expected = bench.memory.copy()
    whole.put(expected, wanted)
    first = 0
    for part, requantization in zip((x, y), function.requantizations, strict=True):
        a = bench.put(part)
        a.put(expected, part)
        out = Place(bus, whole.address + first, part.shape, 1, True, 3 * CHANNELS - part.shape[2])
        first += part.shape[2]
        bench.run(
            VectorDescriptor(
                op=Op.SCALE,
                **bench.pixel(part.shape),
                **a.fields("a", PER_BLOCK),
                **out.fields("o", PER_BLOCK),
                **scale_of(requantization),
            )
        )
    assert (bench.memory == expected).all()


@on_buses
def test_upsampling_is_four_layers(bus):
    """A block is a line; each layer fills every other pixel of every other line."""
    bench = Bench(bus)
    height, width = 3, 4
    x = bench.integers(BYTE, 1, height * width, CHANNELS)
    a, out = bench.put(x), bench.place((1, 4 * height * width, CHANNELS), np.int8)
    lines = x.reshape(height, width, CHANNELS)
    expected = bench.memory.copy()
    out.put(expected, lines.repeat(2, 0).repeat(2, 1).reshape(out.shape))
    for line, column in np.ndindex(2, 2):
        of_out = {
            "o_address": out.address + (2 * width * line + column) * CHANNELS,
            "o_block": 4 * width * CHANNELS,
            "o_stride": 2 * CHANNELS,
            "o_size": Size.BITS_8,
            "o_count": width,
            "o_tail_count": width,
            "o_words": CHANNELS // bus,
            "o_tail_words": CHANNELS // bus,
        }
        bench.run(
            VectorDescriptor(
                op=Op.SCALE,
                first_multiplier=2,
                first_shift=1,
                **bench.pixel(x.shape, width),
                **a.fields("a", width),
                **of_out,
            )
        )
    assert (bench.memory == expected).all()


@on_buses
@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.int32])
def test_transposition_by_gather(bus, dtype):
    """Rows of a matrix are cut into blocks, of which each gives a part of every line."""
    bench = Bench(bus)
    rows, columns, block = 72, 16, 32
    size = np.dtype(dtype).itemsize
    if bus == 64 and size == 1:
        rows, columns, block = 144, 64 // 4, 64
    info = np.iinfo(dtype)
    x = bench.rng.integers(info.min, info.max + 1, (1, rows, columns)).astype(dtype)
    blocks = -(-rows // block)
    a, out = bench.put(x), bench.place((1, columns, blocks * block), dtype)
    wanted = np.zeros(out.shape, dtype)
    wanted[0, :, :rows] = x[0].T
    stream = a.fields("a", 1)
    tail = rows - (blocks - 1) * block
    stream["a_block"] = block * columns * size
    stream["a_words"] = block * columns * size // bus
    stream["a_tail_words"] = -(-tail * columns * size // bus)
    layer = VectorDescriptor(
        op=Op.GATHER,
        **stream,
        blocks=blocks,
        pixels=columns,
        tail_pixels=columns,
        rows=block // bench.config.vector_lanes,
        valid=block,
        tail_valid=tail,
        outer_step=1,
        inner_step=columns,
        o_address=out.address,
        o_block=block * size,
        o_stride=out.pitch,
        o_size=stream["a_size"],
        o_count=columns,
        o_tail_count=columns,
        o_words=block * size // bus,
        o_tail_words=block * size // bus,
    )
    bench.check(layer, out, wanted)


def test_addresses_wrap():
    """Steps are modulo 2 ** 32: transfers may go backwards."""
    bench = Bench(16)
    x = bench.integers(BYTE, 1, 8, CHANNELS)
    a, out = bench.put(x), bench.place(x.shape, np.int8)
    layer = VectorDescriptor(
        op=Op.SCALE,
        first_multiplier=2,
        first_shift=1,
        **bench.pixel(x.shape, 4),
        **{
            **a.fields("a", 4),
            "a_address": a.address + 7 * CHANNELS,
            "a_block": 2**32 - 4 * CHANNELS,
            "a_stride": 2**32 - CHANNELS,
            "a_count": 4,
            "a_tail_count": 4,
            "a_words": 4,
            "a_tail_words": 4,
        },
        **out.fields("o", 4),
    )
    bench.check(layer, out, x[:, ::-1])
