"""Bench of the check of vector descriptors: every rule alone, only just kept, and all in pairs."""

from typing import Any

import cocotb
import numpy as np

from golden.vector.descriptor import FIELDS
from tb.benches.descriptor_check import cases_of, verdicts
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS
from tb.harness.task import current_task, report
from tb.stimuli.vector_rules import broken, kept, plain_layer, products, verdict

VERDICTS = ("none", "unknown_mode", "zero_size", "too_large", "misaligned")


@cocotb.test()
async def bench(dut: Any) -> None:
    """Code and address of every descriptor, a cycle after it is shown."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    good = plain_layer(config)
    rules = list(broken(good, config))
    drawn = list(products(config, rng))
    coverage = Coverage(
        {
            "rule": [rule.rule for rule in rules],
            "kept": [case.rule for case in kept(config)],
            "product": list(dict.fromkeys(case.rule for case in drawn)),
            "verdict": VERDICTS,
            "reset": RESETS,
        }
    )
    shown = cases_of(good, rules, [*kept(config), *drawn], rng, FIELDS)
    judged = [(name, one.pack(), verdict(one, config)) for name, one in shown]
    report(await verdicts(dut, judged, rng, coverage), coverage)
