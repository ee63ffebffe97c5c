"""Bench of the descriptor check: every rule alone, broken and only just kept, and all in pairs."""

from itertools import combinations
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from golden.accelerator.descriptor import FIELDS, Descriptor
from golden.accelerator.program import Program
from golden.difference.matmul import Mode
from rtl.scheduler.error_codes import CODES
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, reset_places
from tb.harness.task import current_task, report
from tb.stimuli.descriptor_rules import broken, changed, kept, verdict
from tb.stimuli.random_programs import Target, aimed_run

NONSENSE = 500
"""Descriptors with random values in some fields"""
VERDICTS = ("none", "unknown_mode", "zero_size", "too_large", "misaligned", "out_of_range")


@cocotb.test()
async def bench(dut: Any) -> None:
    """Code and address of every descriptor, a cycle after it is shown."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    run = None
    while run is None:
        run = aimed_run(Target(mode=Mode.TEMPORAL), config, rng)
    (good,) = Program.of([run]).descriptors()
    rules = list(broken(good, config))
    coverage = Coverage(
        {
            "rule": [rule.rule for rule in rules],
            "kept": [case.rule for case in kept(good, config)],
            "verdict": VERDICTS,
            "reset": RESETS,
        }
    )
    shown = [("good", good)]
    shown += [(case.rule, changed(good, case)) for case in (*rules, *kept(good, config))]
    shown += [(f"{a.rule}, {b.rule}", changed(good, a, b)) for a, b in combinations(rules, 2)]
    shown += [("nonsense", nonsense(good, rng)) for _ in range(NONSENSE)]
    resets = reset_places(rng, len(shown))
    found: list[object] = []
    expected: list[object] = []
    dut.layer.value = 0
    await start(dut)
    for number, (name, descriptor) in enumerate(shown):
        dut.layer.value = int.from_bytes(descriptor.pack(), "little")
        if number in resets:
            await reset(dut)
            found.append((int(dut.code.value), int(dut.address.value)))
            expected.append((CODES["none"], 0))
            coverage.see("reset", resets[number])
        await FallingEdge(dut.clk)
        error, address = verdict(descriptor, config)
        found.append((name, int(dut.code.value), int(dut.address.value)))
        expected.append((name, CODES[error], address))
        coverage.see("verdict", error)
        for axis in ("rule", "kept"):
            if name in coverage.counts[axis]:
                coverage.see(axis, name)
    report(compare("verdict", found, expected, [], None), coverage)


def nonsense(good: Descriptor, rng: np.random.Generator) -> Descriptor:
    """Up to three fields of any value."""
    values = {}
    for place in rng.integers(0, len(FIELDS), int(rng.integers(1, 4))).tolist():
        field = FIELDS[place]
        value = int.from_bytes(rng.bytes(4), "little") & ((1 << field.bits) - 1)
        values[field.name] = value - (1 << (field.bits - 1)) * field.signed
    return Descriptor(**{**{f.name: getattr(good, f.name) for f in FIELDS}, **values})
