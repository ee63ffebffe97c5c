"""Bench of the descriptor check: every rule alone, broken and only just kept, and all in pairs.

And products of any factors, just as large as may be and too large.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from golden.accelerator.descriptor import FIELDS, Field
from golden.accelerator.program import Program
from golden.difference.matmul import Mode
from golden.machine.timing import CHECK_LATENCY
from rtl.scheduler.error_codes import CODES
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, reset_places
from tb.harness.task import Findings, current_task, report
from tb.stimuli.descriptor_rules import (
    Case,
    D,
    broken,
    changed,
    kept,
    products,
    verdict,
    with_fields,
)
from tb.stimuli.random_programs import Target, aimed_run

Fields = tuple[Field, ...]
NONSENSE = 500
"""Descriptors with random values in some fields"""
VERDICTS = ("none", "unknown_mode", "zero_size", "too_large", "misaligned", "out_of_range")


@cocotb.test()
async def bench(dut: Any) -> None:
    """Code and address of every descriptor, ``CHECK_LATENCY`` cycles after it is shown."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    run = None
    while run is None:
        run = aimed_run(Target(mode=Mode.TEMPORAL), config, rng)
    (good,) = Program.of([run]).descriptors()
    rules = list(broken(good, config))
    drawn = list(products(good, config, rng))
    coverage = Coverage(
        {
            "rule": [rule.rule for rule in rules],
            "kept": [case.rule for case in kept(good, config)],
            "product": list(dict.fromkeys(case.rule for case in drawn)),
            "verdict": VERDICTS,
            "reset": RESETS,
        }
    )
    shown = cases_of(good, rules, [*kept(good, config), *drawn], rng, FIELDS)
    judged = [(name, one.pack(), verdict(one, config)) for name, one in shown]
    report(await verdicts(dut, judged, rng, coverage), coverage)


def cases_of(
    good: D, rules: list[Case], others: Iterable[Case], rng: np.random.Generator, fields: Fields
) -> Iterator[tuple[str, D]]:
    """Named descriptors: every rule broken, all in pairs, what ``others`` change, nonsense."""
    yield "good", good
    for case in (*rules, *others):
        yield case.rule, changed(good, case)
    for a, b in combinations(rules, 2):
        yield f"{a.rule}, {b.rule}", changed(good, a, b)
    for _ in range(NONSENSE):
        yield "nonsense", nonsense(good, rng, fields)


async def verdicts(
    dut: Any,
    judged: list[tuple[str, bytes, tuple[str, int]]],
    rng: np.random.Generator,
    coverage: Coverage,
) -> Findings:
    """Shows descriptors, named and with what is to be said of each, with resets among them."""
    resets = reset_places(rng, len(judged))
    found: list[object] = []
    expected: list[object] = []
    dut.layer.value = 0
    await start(dut)
    for number, (name, packed, (error, address)) in enumerate(judged):
        dut.layer.value = int.from_bytes(packed, "little")
        if number in resets:
            await reset(dut)
            found.append((int(dut.code.value), int(dut.address.value)))
            expected.append((CODES["none"], 0))
            coverage.see("reset", resets[number])
        for _ in range(CHECK_LATENCY):
            await FallingEdge(dut.clk)
        found.append((name, int(dut.code.value), int(dut.address.value)))
        expected.append((name, CODES[error], address))
        coverage.see("verdict", error)
        for axis in ("rule", "kept", "product"):
            if name in coverage.counts[axis]:
                coverage.see(axis, name)
    return compare("verdict", found, expected, [], None)


def nonsense(good: D, rng: np.random.Generator, fields: Fields) -> D:
    """Up to three fields of any value."""
    values = {}
    for place in rng.integers(0, len(fields), int(rng.integers(1, 4))).tolist():
        field = fields[place]
        value = int.from_bytes(rng.bytes(4), "little") & ((1 << field.bits) - 1)
        values[field.name] = value - (1 << (field.bits - 1)) * field.signed
    return with_fields(good, values)
