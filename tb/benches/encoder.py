"""Bench of the Encoding Unit: every pair of int8 values, in beats of every length."""

from typing import Any

import cocotb
import numpy as np

from golden.formats.encoding import Encoding, differences, digits
from golden.machine.config import MachineConfig
from rtl.tile.layouts import beat_layout, element_layout, encoded_beat_layout
from sim.blocks.streams import ReadyPattern
from sim.tile.encoder import encoder_cycles
from tb.harness.clocked import Sink, Source, run, start
from tb.harness.comparison import compare
from tb.harness.stimulus import pack, pack_bytes, pack_fields, random_gaps, random_ready
from tb.harness.task import current_task, report


def encoded_element(difference: int, valid: bool, encoding: Encoding) -> int:
    """An element at the output of the Encoding Unit, as golden has it."""
    low, high = (int(digit) * valid for digit in digits(np.asarray(difference), encoding))
    if encoding is Encoding.TWOS_COMPLEMENT:
        return pack(element_layout(encoding), low=low, high=high)
    sign = {"negative": difference < 0}
    return pack(element_layout(encoding), low=abs(low), high=abs(high), **sign)


def beats(config: MachineConfig, rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Beats that hold all 65,536 pairs, and what they are encoded to."""
    pairs = rng.permutation(1 << 16)
    x, reference = (
        (pairs & 255).astype(np.uint8).view(np.int8),
        (pairs >> 8).astype(np.uint8).view(np.int8),
    )
    table = {
        (d, valid): encoded_element(d, valid, config.encoding)
        for d in range(-255, 256)
        for valid in (False, True)
    }
    width = element_layout(config.encoding).size
    inputs, outputs = [], []
    for first in range(0, len(pairs), config.beat_elements):
        chosen = np.arange(first, first + config.beat_elements) % len(pairs)
        beat_x, beat_reference = x[chosen], reference[chosen]
        full = rng.random() < 0.9
        count = config.beat_elements if full else int(rng.integers(1, config.beat_elements + 1))
        marks = {"index": int(rng.integers(config.max_beats)), "last": int(rng.integers(2))}
        inputs.append(
            pack(
                beat_layout(config),
                x=pack_bytes(beat_x),
                reference=pack_bytes(beat_reference),
                count=count,
                **marks,
            )
        )
        difference = differences(beat_x, beat_reference).tolist()
        elements = pack_fields((table[d, n < count] for n, d in enumerate(difference)), width)
        outputs.append(pack(encoded_beat_layout(config), elements=elements, **marks))
    return inputs, outputs


@cocotb.test()
async def bench(dut: Any) -> None:
    """All pairs once, each output beat compared."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    inputs, outputs = beats(task.config, rng)
    gaps = random_gaps(rng, len(inputs), task.stalls)
    ready = random_ready(rng, 4 * len(inputs), task.stalls)
    cycles = encoder_cycles(gaps, ReadyPattern(ready))
    source = Source(dut, "i", inputs, gaps, idle=inputs[-1])
    sink = Sink(dut, "o", ready)
    await start(dut)
    clock = await run(dut, [source, sink], lambda: len(sink.cycles) >= len(outputs), cycles[-1])
    report(
        compare(
            "beat",
            [payload[0] for payload in sink.payloads],
            outputs,
            sink.cycles,
            cycles,
            values_per_item=task.config.beat_elements,
            clock_cycles=clock,
        )
    )
