"""The rules as a table; on the Verilog they are tried by the bench descriptor-check."""

import numpy as np
import pytest

from golden.accelerator.descriptor import FIELDS
from golden.machine.config import load_config
from rtl.scheduler.descriptor_check import NOT_ZERO, TENSORS, limits
from tb.stimuli.descriptor_rules import broken, changed, kept, verdict
from tb.stimuli.error_cases import queue_of, rules_and_refusals, single, small_program, two_refusals
from tb.stimuli.random_programs import stratified_programs

TINY = load_config("tiny")
WAITS = {f"{what}_wait{of}" for what in ("weights", "inputs") for of in ("", "_vectors")}
FREE = (
    {"magic", "mode", "rows_outer", "interrupt"}
    | WAITS
    | {
        # Wrong values compute nonsense, but stay within buffers.
        *("padding", "zero_point", "tile_lines", "padding_entries", "tile_step_entries"),
        *("block_step_entries", "inputs_first", "inputs_step"),
        # The queue refuses what does not fit the layer before.
        *("output", "discard"),
    }
)
"""Fields without a limit, or with a rule of their own"""


def test_limits_are_those_of_the_buffers() -> None:
    found = {(limit.field, limit.most) for limit in limits(TINY)}
    assert found >= {
        *(("chunk_beats", 8), ("last_chunk_beats", 8), ("tile_rows", 64), ("tail_rows", 64)),
        *(("tile_span_entries", 1024), ("last_tiles", 1), ("last_row_words", 4)),
        *(("last_count", 8), ("block_words", 1024), ("group_tail_words", 1024)),
        *(("weight_words", 2**20 - 1), ("tail_words", 2**20 - 1)),
        ("block_span_entries", 2**19 - 1),
    }


def test_every_field_has_a_rule_or_needs_none() -> None:
    ruled = {*NOT_ZERO, *(limit.field for limit in limits(TINY))}
    ruled |= {f"{tensor}_address" for tensor in TENSORS}
    assert ruled | FREE == {field.name for field in FIELDS}
    assert not ruled & FREE


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_what_is_compiled_breaks_no_rule(name: str) -> None:
    config = load_config(name)
    for program in stratified_programs(config, np.random.default_rng(2), 4, 4):
        for descriptor in program.descriptors():
            assert verdict(descriptor, config) == ("none", 0)


def test_cases_break_the_rule_that_they_are_named_after() -> None:
    rng = np.random.default_rng(0)
    good = small_program(TINY, rng).descriptors()[0]
    codes = {verdict(changed(good, case), TINY)[0] for case in broken(good, TINY)}
    assert codes == {"unknown_mode", "zero_size", "too_large", "misaligned", "out_of_range"}
    names = [case.rule for case in broken(good, TINY)]
    assert len(names) == len(set(names)) == 2 + len(NOT_ZERO) + len(limits(TINY)) + 2 * len(TENSORS)
    assert all(verdict(changed(good, case), TINY)[0] != "misaligned" for case in kept(good, TINY))


def test_the_first_layer_with_an_error_is_expected() -> None:
    program = small_program(TINY, np.random.default_rng(0))
    cases = [*single(TINY, program), *rules_and_refusals(TINY, program), *two_refusals()]
    rules = len(list(single(TINY, program))) - 12
    assert len(cases) == rules + 12 + 12 * rules + 2 * (30 + 36)
    for case in cases:
        queue = queue_of(program, 1 << 22, 0b111, *case)
        assert queue.layer == min(wrong.layer for wrong in case)
        assert queue.told
        assert queue.error != "none"
