"""The rules as a table; on the Verilog they are tried by the bench vector-check."""

from dataclasses import replace

import numpy as np
import pytest

from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.vector.check import check_vector_layer
from golden.vector.descriptor import COUNTERS, FIELDS, STEPS, Op
from rtl.scheduler.vector_check import ADDRESSES
from tb.harness.coverage import Coverage
from tb.stimuli.descriptor_rules import changed
from tb.stimuli.random_vectors import STRATA, random_vector_queue
from tb.stimuli.vector_rules import broken, kept, plain_layer, verdict

TINY = load_config("tiny")
RULED = {"op", "per_channel", "a_size", "o_size", "b_size", "b_words", "b_tail_words", "p_words"}
RULED |= {"fused"}
FREE = {"magic", "interrupt", "table", "b_vector", "valid", "tail_valid", "reserved"} | {
    *("products", "results_first", "results_step", "waits_vector"),
    # Any value computes something, and ends.
    *("outer_step", "inner_step", "a_zero", "b_zero", "zero", "count", "epsilon", "division"),
    *("first_multiplier", "second_multiplier", "first_shift", "second_shift"),
}


def test_every_field_has_a_rule_or_needs_none() -> None:
    ruled = {*COUNTERS, *ADDRESSES, *STEPS, *RULED}
    assert ruled | FREE == {field.name for field in FIELDS}
    assert not ruled & FREE


@pytest.mark.parametrize("name", ["tiny", "small", "paper"])
def test_what_golden_runs_breaks_no_rule(name: str) -> None:
    config = load_config(name)
    queue = random_vector_queue(config, np.random.default_rng(3), 1 << 22, Coverage(STRATA), 3)
    for run in queue.queue.runs:
        assert verdict(run.layer, config) == ("none", 0)


@pytest.mark.parametrize("name", ["tiny", "small", "paper"])
def test_cases_break_the_rule_that_they_are_named_after(name: str) -> None:
    config = load_config(name)
    good = plain_layer(config)
    assert verdict(good, config) == ("none", 0)
    cases = list(broken(good, config))
    codes = {case.rule: verdict(changed(good, case), config)[0] for case in cases}
    assert len(codes) == len(cases)
    assert set(codes.values()) == {"unknown_mode", "zero_size", "too_large", "misaligned"}
    for rule, code in codes.items():
        assert (code == "misaligned") == ("misaligned" in rule)
        assert (code == "zero_size") == ("= 0" in rule)
    for case in kept(config):
        assert verdict(changed(good, case), config) == ("none", 0), case.rule


def test_golden_refuses_what_the_hardware_refuses() -> None:
    """All but addresses of what is not loaded, which the hardware wants to be aligned, too."""
    good = plain_layer(TINY)
    check_vector_layer(good, TINY)
    for case in broken(good, TINY):
        layer = changed(good, case)
        if layer.op in (Op.GROUPS, Op.PIXELS):
            layer = replace(layer, count=4, epsilon=1)
        with pytest.raises(DittosimError):
            check_vector_layer(layer, TINY)
