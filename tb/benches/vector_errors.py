"""Bench of errors in and around vector layers: the accelerator says which, ends, and runs again.

As bench accelerator-errors, with a vector layer beside products: first, between two, and last;
before and behind a product with an output stage; and behind a product that reads on after it.
"""

import time
from dataclasses import replace
from itertools import product
from typing import Any

import cocotb
import numpy as np

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.program import LayerRun
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.vector.descriptor import FIELDS, Op, VectorDescriptor
from rtl.scheduler.error_codes import CODES
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import queue_timeline
from tb.benches.accelerator import counters_compared, cut_queue, results_compared
from tb.benches.accelerator_errors import Machine, memory_bytes
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, moments
from tb.harness.task import Findings, current_task, report
from tb.stimuli.descriptor_rules import Case
from tb.stimuli.error_cases import (
    DECODE,
    FLAGS,
    LAYERS,
    SLAVE,
    VECTOR_TRANSFERS,
    WRITES,
    Wrong,
    queue_at,
)
from tb.stimuli.mixed_queue import Mixed, kinds_of, mixed_cases, mixed_queue, refusals
from tb.stimuli.vector_rules import broken, plain_layer, verdict

NONSENSE = 40
"""Vector descriptors with a random value in a random field"""
STEERING = ("op", "per_channel", "table", "b_vector", "a_size", "o_size", "b_size")
HELD = 4
"""Every so many cases layers wait for each other; in all others they run beside each other"""
DRAWN = 40
"""Queues at most, of which the first with a product that reads long enough is taken"""
NOTHING_READ, OTHERS_READ = "nothing is read meanwhile", "other layers read meanwhile"


def read_meanwhile(mixed: Mixed, vector: int) -> str:
    """Whether words of other layers come after the vector layer has ended, before it is done.

    The error of one of its reads must outlive them.
    """
    lines, _ = queue_timeline(mixed.queue, MemoryPorts.of(mixed.queue.config))
    own = lines[vector]
    others = [line for line in lines if line is not own]
    came = any(own.done < last < own.ended for line in others for _, _, last in line.loads)
    return OTHERS_READ if came else NOTHING_READ


def drawn(config: MachineConfig, rng: np.random.Generator, kinds: str) -> Mixed:
    """Layers of these kinds; if one is a long product, such that it reads long enough."""
    for _ in range(DRAWN):
        mixed = mixed_queue(config, rng, kinds)
        if "l" not in kinds or read_meanwhile(mixed, kinds.index("v")) == OTHERS_READ:
            break
    return mixed


async def run_well(machine: Machine, mixed: Mixed) -> Findings:
    """Runs the queue without errors, from memory to memory."""
    queue, transport, driver = mixed.queue, machine.transport, machine.driver
    lines, expected = queue_timeline(queue, MemoryPorts.of(machine.config))
    await transport.write_memory(0, mixed.memory.tobytes())
    began = time.perf_counter()
    try:
        found = await driver.run(queue.queue, LAYERS)
    except DittosimError as error:
        return Findings(value_differences=1, first_difference=str(error))
    findings = counters_compared(found, lines, expected, time.perf_counter() - began)
    for address, wanted in mixed.outputs.items():
        left = await transport.read_memory(address, len(wanted))
        findings += compare("vector layer: byte", list(left), wanted.tolist(), [], None)
    for run, places in zip(queue.runs, queue.addresses, strict=True):
        if isinstance(run, LayerRun):
            assert places is not None
            findings += await results_compared(transport, run, places)
    return findings


async def run_nonsense(
    machine: Machine, mixed: Mixed, layer: VectorDescriptor, at: int
) -> Findings:
    """Runs the queue with ``layer`` at place ``at``: it comes to an end, or is refused."""
    descriptors = list(mixed.descriptors)
    descriptors[at] = layer
    packed = b"".join(descriptor.pack() for descriptor in descriptors)
    await machine.transport.write_memory(mixed.queue.queue, packed)
    error, *_ = await machine.outcome(mixed.queue.queue, LAYERS)
    code, _ = verdict(layer, machine.config)
    if code == "none":
        return Findings()
    return compare(f"{layer}: code", [error.code], [CODES[code]], [], None)


async def run_bad_pairs(machine: Machine, mixed: Mixed, vector: int) -> Findings:
    """Products that expect a fused layer before them, and a fused layer that none follows."""
    base, originals, config = mixed.queue.queue, mixed.descriptors, machine.config
    end = memory_bytes(config)
    findings = Findings()
    fused = Case("fused", {"op": Op.SCALE, "fused": 1, "b_words": 0, "b_tail_words": 0})
    for layer in range(LAYERS):
        case = fused if layer == vector else Case("output", {"output": 1})
        # The product behind a fused layer, or what is behind the queue, is in the wrong.
        at = layer + (layer == vector)
        queue = queue_at(base, originals, config, end, 0, Wrong(layer, case))
        address = base + at * DESCRIPTOR_BYTES
        findings += await machine.run(replace(queue, error="bad_pair", layer=at, address=address))
    return findings


@cocotb.test()
async def bench(dut: Any) -> None:
    """All cases, nonsense, resets; the accelerator runs on after each."""
    task = current_task()
    config = task.config
    rng = np.random.default_rng(task.seed)
    refused = product(VECTOR_TRANSFERS, (SLAVE, DECODE))
    coverage = Coverage(
        {
            "rule": [case.rule for case in broken(plain_layer(config), config)],
            "refusal": [f"{kind} error of {what}" for what, kind in refused],
            "vector layer": kinds_of(config),
            "layers": ("held", "beside each other"),
            "read refused in a layer that waits for its turn": (NOTHING_READ, OTHERS_READ),
            "reset": RESETS,
        }
    )
    machine = Machine(dut, config)
    await start(dut)
    findings = Findings()
    end = memory_bytes(config)
    for place, kinds in kinds_of(config).items():
        vector = kinds.index("v")
        mixed = drawn(config, rng, kinds)
        findings += await run_well(machine, mixed)
        long = "l" in kinds
        meanwhile = read_meanwhile(mixed, vector)
        cases = refusals(mixed) if long else mixed_cases(mixed, vector)
        for number, wrongs in enumerate(cases):
            flags = FLAGS[number % len(FLAGS)]
            held = number % HELD == 0 and not long
            base, originals = mixed.queue.queue, mixed.held() if held else mixed.descriptors
            coverage.see("layers", "held" if held else "beside each other")
            queue = queue_at(base, originals, config, end, flags, *wrongs)
            findings += await machine.run(queue)
            for wrong in wrongs:
                if wrong.layer != vector:
                    continue
                if isinstance(wrong, Wrong):
                    coverage.see("rule", wrong.case.rule)
                else:
                    coverage.see("refusal", f"{wrong.kind} error of {wrong.what}")
                    if not held and wrong.what not in WRITES:
                        coverage.see("read refused in a layer that waits for its turn", meanwhile)
        if long:
            coverage.see("vector layer", place)
            continue
        if "f" not in kinds:
            findings += await run_bad_pairs(machine, mixed, vector)
        coverage.see("vector layer", place)
        findings += await run_well(machine, mixed)
        # Nonsense may compute anything, but comes to an end: else the interrupt is missing.
        for at, layer in enumerate(mixed.descriptors):
            if isinstance(layer, VectorDescriptor):
                for _ in range(NONSENSE):
                    findings += await run_nonsense(machine, mixed, nonsense(layer, rng), at)
        findings += await run_well(machine, mixed)
    _, expected = queue_timeline(mixed.queue)
    for name, moment in moments(rng, expected.cycles).items():
        await machine.transport.write_memory(0, mixed.memory.tobytes())
        findings += await cut_queue(dut, machine.driver, mixed.queue.queue, LAYERS, moment)
        findings += await run_well(machine, mixed)
        coverage.see("reset", name)
    findings += compare("violations of AXI", [machine.memory.violations], [0], [], None)
    report(findings, coverage)


def nonsense(layer: VectorDescriptor, rng: np.random.Generator) -> VectorDescriptor:
    """Any operation and sizes of elements, and a random value in another field."""
    steering = {f.name: int(rng.integers(1 << f.bits)) for f in FIELDS if f.name in STEERING}
    steering["op"] %= max(Op) + 2
    others = [f for f in FIELDS[1:-1] if f.name not in STEERING]
    field = others[int(rng.integers(len(others)))]
    old = getattr(layer, field.name)
    low = -abs(old) if field.signed else 0
    value = int(rng.integers(low, min(2 * abs(old) + 3, 1 << (field.bits - 1))))
    return replace(layer, **steering, **{field.name: value})
