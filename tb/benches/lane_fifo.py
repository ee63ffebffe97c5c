"""Bench of a lane FIFO: parts of any density, rows of any length, empty ones included."""

from collections.abc import Callable
from typing import Any

import cocotb
import numpy as np

from golden.formats.encoding import digits
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from rtl.tile.layouts import element_layout, lane_beat_layout, slot_layout
from sim.blocks.streams import ReadyPattern
from sim.tile.lane_fifo import Part, lane_fifo_cycles
from tb.benches.encoder import encoded_element
from tb.harness.clocked import Sink, Source, run, see_streams, stream_strata
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.resets import RESETS, sessions, until
from tb.harness.stimulus import pack, pack_fields, random_gaps, random_ready
from tb.harness.task import Findings, current_task, report

PARTS = 1500
PART_SLOTS = ("without slots", "with slots", "with every slot")


def strata(config: MachineConfig) -> dict[str, tuple[str, ...]]:
    """What parts and rows must be met: on a tile that skips no element, none is empty."""
    none = int(not config.tile.skips_elements)
    rows = ("empty", "of one part", "of several")
    return {"part": PART_SLOTS[none:], "row": rows[none:], "reset": RESETS}


def is_slot(high: int, pair: tuple[int, int], tile: TileKind) -> bool:
    """Whether the low or high digit of a pair takes a slot."""
    match tile:
        case TileKind.BIT_WIDTH:
            return not high or pair[1] != 0
        case TileKind.SPARSITY:
            return any(pair)
        case _:
            return pair[high] != 0


class RowControl:
    """Plays the tile's part: closes rows, and holds parts back while too many are open."""

    def __init__(self, dut: Any, config: MachineConfig, parts: list[Part]) -> None:
        self._oldest, self._done = dut.oldest, dut.done
        self._config = config
        self._last = [part.last for part in parts]
        self.source: Source | None = None
        self.closed: list[int] = []
        self._oldest.value = 0
        self._shown = 0
        self._counted = 0
        self._ended = 0

    def may_offer(self) -> bool:
        """Fewer rows are open than their numbers can tell apart."""
        self._count_ended()
        return self._ended - len(self.closed) < self._config.rows_queued

    def _count_ended(self) -> None:
        assert self.source is not None
        accepted = len(self.source.accepted)
        self._ended += sum(self._last[self._counted : accepted])
        self._counted = accepted

    def drive(self, _cycle: int) -> None:
        """Shows the oldest open row, and notes the rows ended before this cycle."""
        self._count_ended()
        if self._shown != len(self.closed):
            self._shown = len(self.closed)
            self._oldest.value = self._shown % self._config.rows_queued

    def has(self, count: int) -> Callable[[], bool]:
        """Asks whether so many rows were closed."""
        return lambda: len(self.closed) >= count

    def release(self) -> None:
        """Nothing to leave at rest."""

    def observe(self, cycle: int) -> None:
        """Closes the oldest row when it has ended and the FIFO is done with it."""
        if self._ended > len(self.closed) and self._done.value == 1:
            self.closed.append(cycle)


def random_parts(
    config: MachineConfig, rng: np.random.Generator, gaps: list[int]
) -> tuple[list[Part], list[int], list[int]]:
    """Parts with their packed payloads, and the slots that must come out."""
    encoding, layout = config.encoding, lane_beat_layout(config)
    table = {d: encoded_element(d, True, encoding) for d in range(-255, 256)}
    width = element_layout(encoding).size
    every = np.arange(-255, 256)
    whole = every[np.logical_and(*digits(every, encoding))]
    parts, inputs, outputs = [], [], []
    row = 0
    for gap in gaps:
        density = rng.choice([0.0, 0.1, 0.5, 1.0])
        wide = rng.random(config.lane_elements) < 0.3
        values = np.where(
            wide, rng.integers(-255, 256, wide.size), rng.integers(-17, 18, wide.size)
        )
        values = values * (rng.random(wide.size) < density)
        if rng.random() < 0.05:
            values = rng.choice(whole, wide.size)
        index = int(rng.integers(config.max_beats))
        number = row % config.rows_queued
        slots = 0
        for place, pair in enumerate(zip(*digits(values, encoding), strict=True)):
            for high, digit in enumerate(pair):
                if is_slot(high, pair, config.tile):
                    slots += 1
                    outputs.append(
                        pack(
                            slot_layout(config),
                            digit=int(digit),
                            high=high,
                            address=index * config.lane_elements + place,
                            row=number,
                        )
                    )
        last = rng.random() < 0.4
        elements = pack_fields((table[int(d)] for d in values), width)
        inputs.append(pack(layout, elements=elements, index=index, row=number))
        parts.append(Part(slots, bool(last), gap))
        row += last
    return parts, inputs, outputs


@cocotb.test()
async def bench(dut: Any) -> None:
    """Slots and row ends compared."""
    task = current_task()
    rng = np.random.default_rng(task.seed)
    gaps = random_gaps(rng, PARTS, task.stalls)
    parts, inputs, outputs = random_parts(task.config, rng, gaps)
    parts[-1] = Part(parts[-1].slots, True, parts[-1].gap)
    ready = random_ready(rng, 4 * (len(outputs) + PARTS), task.stalls)
    leaves, closed = lane_fifo_cycles(parts, task.config, ReadyPattern(ready))
    findings, coverage = Findings(), Coverage({**strata(task.config), **stream_strata(task.stalls)})
    async for moment in sessions(dut, rng, closed[-1], coverage):
        control = RowControl(dut, task.config, parts)
        source = Source(dut, "i", inputs, gaps, idle=inputs[-1], gate=control.may_offer)
        control.source = source
        sink = Sink(dut, "o", ready)
        clock = await run(
            dut,
            [source, sink, control],
            control.has(len(closed)),
            closed[-1],
            moment=moment,
        )
        slots, times = until(moment, outputs, leaves)
        findings += compare(
            "slot",
            [payload[0] for payload in sink.payloads],
            slots,
            sink.cycles + control.closed,
            [*times, *until(moment, closed, closed)[1]],
            clock_cycles=clock,
        )
        see_streams(coverage, source, sink)
    _see(coverage, parts, 2 * task.config.lane_elements)
    report(findings, coverage)


def _see(coverage: Coverage, parts: list[Part], most: int) -> None:
    """Counts parts and rows by what they hold."""
    names = PART_SLOTS
    row: list[Part] = []
    for part in parts:
        coverage.see("part", names[0] if not part.slots else names[1 + (part.slots == most)])
        row.append(part)
        if part.last:
            empty = not any(one.slots for one in row)
            coverage.see("row", "empty" if empty else "of several" if row[1:] else "of one part")
            row = []
