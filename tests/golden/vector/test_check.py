import re

import numpy as np
import pytest

from golden.errors import DittosimError
from golden.vector.check import check_vector_layer
from golden.vector.descriptor import Op
from golden.vector.layer import run_vector_layer
from tests.helpers.vector_bench import machine, plain


@pytest.mark.parametrize("op", Op)
def test_plain_layers_are_in_order(op):
    check_vector_layer(plain(op), machine(16))


ZEROS = (
    *((Op.SCALE, name) for name in ("groups", "blocks", "rows", "first_shift")),
    *((Op.SCALE, name) for name in ("pixels", "tail_pixels")),
    *((Op.SCALE, f"{s}_{t}{n}") for s in "ao" for t in ("", "tail_") for n in ("count", "words")),
    *((op, name) for op in (Op.SUM, Op.PRODUCT) for name in ("b_words", "b_tail_words")),
    *((op, "first_shift") for op in (Op.SUM, Op.PRODUCT, Op.SOFTMAX)),
    *((op, name) for op in (Op.GROUPS, Op.PIXELS) for name in ("p_words", "count", "epsilon")),
    *((Op.SOFTMAX, name) for name in ("valid", "second_shift")),
)


@pytest.mark.parametrize(("op", "name"), ZEROS)
def test_zeros_are_refused(op, name):
    rule = f"vector layer: {name} = 0: must be at least 1 for {op.name.lower()}"
    with pytest.raises(DittosimError, match=f"^{rule}$"):
        check_vector_layer(plain(op, **{name: 0}), machine(16))


@pytest.mark.parametrize(
    "name",
    [
        *(f"{stream}_address" for stream in "abopt"),
        *("a_group", "a_block", "a_stride", "b_block"),
        *("o_group", "o_block", "o_stride", "p_group"),
    ],
)
def test_crooked_addresses_are_refused(name):
    layer = plain(Op.SUM, p_words=32, table=1, **{name: 1000 * 16 + 8})
    rule = re.escape(f"{name} = 16008: must be a multiple of bus_bytes (16)")
    with pytest.raises(DittosimError, match=rule):
        check_vector_layer(layer, machine(16))


def test_addresses_of_what_is_not_loaded_may_be_any():
    check_vector_layer(plain(b_address=1, p_address=2, t_address=3), machine(16))


REFUSED = [
    (
        plain(Op.SCALE, b_words=1, b_tail_words=0),
        "b_tail_words = 0: must be at least 1 for scale",
    ),
    (plain(Op.SUM, per_channel=1), "per_channel = 1: must be 0 for sum"),
    (plain(magic=0xD170), "magic = 53616: must be 0xd171"),
    (plain(op=7), "op = 7: must be at most 6"),
    (plain(groups=1 << 16), "groups = 65536 does not fit 16 bits"),
    (plain(a_size=3), "a_size = 3: must be at most 2 (32 bits)"),
    (plain(o_size=3), "o_size = 3: must be at most 2 (32 bits)"),
    (plain(b_size=3), "b_size = 3: must be at most 2 (32 bits)"),
    (plain(b_size=2), "b_size = 2: must be at most 1 (16 bits)"),
    (plain(o_size=2), "o_size = 2: must be at most 1 (16 bits) for scale"),
    (plain(Op.SUM, a_size=2), "a_size = 2: must be at most 1 (16 bits) for sum"),
    (plain(Op.GATHER, a_size=1), "o_size = 0: must be a_size (1) for gather"),
    (plain(Op.GATHER, table=1), "table = 1: must be 0 for gather"),
    (plain(Op.SOFTMAX, table=1), "table = 1: must be 0 for softmax"),
    (plain(per_channel=1), "p_words = 0: must be at least 1 for scale"),
    (plain(Op.GROUPS, groups=2), "groups = 2: must be 1 for groups"),
    (
        plain(Op.GROUPS, rows=24),
        "rows = 24: rows * vector_lanes must be at most vector_channels (128)",
    ),
    (
        plain(p_words=96, rows=24),
        "rows = 24: rows * vector_lanes must be at most vector_channels (128)",
    ),
    (plain(p_words=31), "p_words = 31: must be the 32 bus words of 64 channels"),
    (plain(rows=7), "rows = 7: a pixel of the output must be whole bus words"),
    (plain(a_count=33), "a_words = 8: a_count * a_words must be at most vector_words (256)"),
    (
        plain(a_tail_count=33),
        "a_tail_words = 8: a_tail_count * a_tail_words must be at most vector_words (256)",
    ),
    (plain(Op.SUM, b_words=257), "b_words = 257: must be at most vector_words (256)"),
    (plain(Op.SUM, b_tail_words=257), "b_tail_words = 257: must be at most vector_words (256)"),
    (plain(o_count=33), "o_words = 8: o_count * o_words must be at most vector_words (256)"),
    (
        plain(o_tail_count=33),
        "o_tail_words = 8: o_tail_count * o_tail_words must be at most vector_words (256)",
    ),
    (plain(a_words=7), "a_words = 7: a block's 112 elements of a must be at least 128"),
    (plain(a_tail_words=7), "a_tail_words = 7: a block's 112 elements of a must be at least 128"),
    (plain(Op.SUM, b_words=7), "b_words = 7: a block's 112 elements of b must be at least 128"),
    (
        plain(Op.SUM, b_words=3, b_vector=1),
        "b_words = 3: a block's 48 elements of b must be at least 64",
    ),
    (
        plain(Op.GATHER, outer_step=65),
        "a_words = 8: a block's 128 elements of a must be at least 129",
    ),
    (plain(Op.GATHER, valid=65), "valid = 65: must be at most rows * vector_lanes (64)"),
    (plain(Op.GATHER, tail_valid=65), "tail_valid = 65: must be at most rows * vector_lanes (64)"),
    (plain(Op.SOFTMAX, valid=65), "valid = 65: must be at most rows * vector_lanes (64)"),
    (
        # A pixel of 8 bits that fills a buffer of 256 words; its powers would take 512.
        plain(
            Op.SOFTMAX,
            rows=512,
            pixels=1,
            tail_pixels=1,
            a_words=256,
            o_words=256,
            a_tail_words=256,
            o_tail_words=256,
        ),
        "pixels = 1: 4096 powers of 2 bytes must be at most vector_words (256)",
    ),
    (plain(Op.SOFTMAX, pixels=9), "pixels = 9: must be at most vector_lanes (8)"),
    (plain(Op.PIXELS, tail_pixels=9), "tail_pixels = 9: must be at most vector_lanes (8)"),
    (plain(o_words=9), "o_words = 9: o_count * o_words must be the 8 bus words of pixels"),
    (
        plain(o_tail_words=7),
        "o_tail_words = 7: o_tail_count * o_tail_words must be the 8 bus words of tail_pixels",
    ),
    (plain(Op.SOFTMAX, first_multiplier=-1), "first_multiplier = -1: must be at least 0"),
    (plain(Op.PIXELS, count=2**24 + 1), "count = 16777217: must be at most 16777216"),
    (plain(Op.PIXELS, division=18), "division = 18: must be 0 to 17 for this count"),
    (plain(Op.PIXELS, count=2**18), "division = 0: must be 2 to 19 for this count"),
    (plain(Op.PIXELS, epsilon=2**61 + 1), "must be at most 2 ** 61"),
]


@pytest.mark.parametrize(("layer", "rule"), REFUSED, ids=[rule for _, rule in REFUSED])
def test_refusals(layer, rule):
    memory = np.zeros(16384, np.uint8)
    with pytest.raises(DittosimError, match=re.escape(rule)):
        run_vector_layer(memory, layer, machine(16))
    assert not memory.any()


def test_tail_fields_count_alone_where_there_is_one_block():
    check_vector_layer(plain(blocks=1, a_words=1, o_words=1), machine(16))
