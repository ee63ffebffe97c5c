"""Bench of the Encoding Unit: every pair of int8 values, in beats of every length."""

from typing import Any

import cocotb
import numpy as np

from golden.formats.encoding import Encoding, digits
from golden.machine.config import MachineConfig
from rtl.tile.layouts import element_layout, encoded_beat_layout
from sim.blocks.streams import ReadyPattern
from sim.tile.encoder import encoder_cycles
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, sessions, until
from tb.harness.stimulus import pack, pack_fields, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report
from tb.stimuli.pair_beats import pair_beats


def encoded_element(difference: int, valid: bool, encoding: Encoding) -> int:
    """An element at the output of the Encoding Unit, as golden has it."""
    low, high = (int(digit) * valid for digit in digits(np.asarray(difference), encoding))
    if encoding is Encoding.TWOS_COMPLEMENT:
        return pack(element_layout(encoding), low=low, high=high)
    sign = {"negative": difference < 0}
    return pack(element_layout(encoding), low=abs(low), high=abs(high), **sign)


def beats(
    config: MachineConfig, rng: np.random.Generator, coverage: Coverage
) -> tuple[list[int], list[int]]:
    """Beats that hold all 65,536 pairs, and what they are encoded to."""
    table = {
        (d, valid): encoded_element(d, valid, config.encoding)
        for d in range(-255, 256)
        for valid in (False, True)
    }
    width = element_layout(config.encoding).size
    inputs: list[int] = []
    outputs: list[int] = []
    for beat in pair_beats(config, rng):
        coverage.see("elements in a beat", str(beat.count))
        inputs.append(beat.payload)
        encoded = (table[d, n < beat.count] for n, d in enumerate(beat.differences))
        elements = pack_fields(encoded, width)
        layout = encoded_beat_layout(config)
        outputs.append(pack(layout, elements=elements, index=beat.index, last=beat.last))
    return inputs, outputs


@cocotb.test()
async def bench(dut: Any) -> None:
    """All pairs once, each output beat compared."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    lengths = [str(n) for n in range(task.config.beat_elements + 1)]
    axes = {"elements in a beat": lengths, "reset": RESETS, **stream_strata(task.stalls)}
    findings, coverage = Findings(), Coverage(axes)
    inputs, outputs = beats(task.config, rng, coverage)
    gaps = random_gaps(rng, len(inputs), task.stalls)
    ready = random_ready(rng, 4 * len(inputs), task.stalls)
    cycles = encoder_cycles(gaps, ReadyPattern(ready))
    async for moment in sessions(dut, rng, cycles[-1], coverage):
        source = Source(dut, "i", inputs, gaps, idle=inputs[-1])
        sink = Sink(dut, "o", ready)
        clock = await run(dut, [source, sink], sink.has(len(outputs)), cycles[-1], moment=moment)
        expected = until(moment, outputs, cycles)
        findings += compare(
            "beat",
            [payload[0] for payload in sink.payloads],
            expected[0],
            sink.cycles,
            expected[1],
            values_per_item=task.config.beat_elements,
            clock_cycles=clock,
        )
        see_streams(coverage, source, sink)
    report(findings, coverage)
