"""Bench of a dense tile's lanes: every pair of int8 values, in beats of every length."""

from typing import Any

import cocotb
import numpy as np

from rtl.tile.layouts import lane_group_layout
from sim.blocks.streams import ReadyPattern
from sim.tile.dense import dense_lanes_cycles
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, sessions, until
from tb.harness.stimulus import pack, pack_fields, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report
from tb.stimuli.pair_beats import pair_beats


@cocotb.test()
async def bench(dut: Any) -> None:
    """All pairs once, each group of elements compared."""
    task = current_task()
    config, rng = task.config, np.random.default_rng(task.seed)
    lanes, groups, layout = config.lanes, config.lane_elements, lane_group_layout(config)
    lengths = [str(n) for n in range(config.beat_elements + 1)]
    axes = {"elements in a beat": lengths, "reset": RESETS, **stream_strata(task.stalls)}
    findings, coverage = Findings(), Coverage(axes)
    inputs, outputs = [], []
    for beat in pair_beats(config, rng):
        coverage.see("elements in a beat", str(beat.count))
        inputs.append(beat.payload)
        outputs += [
            pack(
                layout,
                differences=pack_fields(
                    beat.valid[group * lanes : (group + 1) * lanes], config.digit_bits
                ),
                address=beat.index * groups + group,
                last=beat.last if group == groups - 1 else 0,
            )
            for group in range(groups)
        ]
    gaps = random_gaps(rng, len(inputs), task.stalls)
    ready = random_ready(rng, 4 * len(outputs), task.stalls)
    cycles = dense_lanes_cycles(gaps, groups, ReadyPattern(ready))
    async for moment in sessions(dut, rng, cycles[-1], coverage):
        source = Source(dut, "i", inputs, gaps, idle=inputs[-1])
        sink = Sink(dut, "o", ready)
        clock = await run(dut, [source, sink], sink.has(len(outputs)), cycles[-1], moment=moment)
        expected = until(moment, outputs, cycles)
        findings += compare(
            "group",
            [payload[0] for payload in sink.payloads],
            expected[0],
            sink.cycles,
            expected[1],
            values_per_item=lanes,
            clock_cycles=clock,
        )
        see_streams(coverage, source, sink)
    report(findings, coverage)
