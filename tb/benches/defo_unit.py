"""Bench of the Defo Unit: variants, measured cycles, decisions, and what is wrong with choices."""

from typing import Any

import cocotb
import numpy as np
from cocotb.triggers import FallingEdge

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import ModeCode
from golden.difference.matmul import Mode
from golden.flow.defo import CycleCounter, decide
from golden.machine.config import MachineConfig
from rtl.scheduler.error_codes import CODES
from tb.harness.clocked import reset, start
from tb.harness.comparison import compare
from tb.harness.coverage import Coverage
from tb.harness.stimulus import stratified
from tb.harness.task import current_task, report

RUNS = 6
LAYERS = 12
REACHABLE = 1 << 9
"""Cycles after which a counter must saturate if it is to be seen"""
CASES = ("temporal less", "equal", "temporal more")
SATURATED = ("first saturated", "temporal saturated", "both saturated")
WRONG = ("right", "entry", "count", "act", "temporal", "spatial")
"""What is wrong with a descriptor: all else is an address"""
MODES = tuple(Mode)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Runs of three steps over some layers of the table."""
    task = current_task()
    config, rng = task.config, np.random.default_rng(task.seed)
    limit = 1 << (config.defo_counter_bits + config.defo_unit_bits)
    cases = CASES + (SATURATED if limit <= REACHABLE else ())
    wrongs = WRONG if config.defo_entries < 1 << 16 else ("right", *WRONG[2:])
    coverage = Coverage({"case": cases, "plus": ("no", "yes"), "wrong": wrongs})
    unit = _Unit(dut, config, rng)
    await start(dut)
    for run in range(RUNS):
        plus = run % 2
        coverage.see("plus", ("no", "yes")[plus])
        entries = rng.choice(config.defo_entries, min(LAYERS, config.defo_entries), replace=False)
        drawn = stratified(rng, cases, len(entries))
        cycles = [unit.cycles(case, limit) for case in drawn]
        for case in drawn:
            coverage.see("case", case)
        for step in range(3):
            dut.step.value, dut.plus.value, dut.busy.value = step, plus, 1
            for layer in rng.permutation(len(entries)).tolist():
                for wrong in stratified(rng, wrongs, 2):
                    coverage.see("wrong", wrong)
                    await unit.show(int(entries[layer]), step, wrong)
                await unit.run(int(entries[layer]), step, plus, cycles[layer])
            dut.busy.value = 0
            await unit.read(entries.tolist())
        # Inside a layer the table is not read: after an error that ends the queue it is again, and
        # after a reset.
        await unit.cut(int(entries[0]))
        await unit.read(entries.tolist())
        await unit.take(int(entries[0]))
        await reset(dut)
        for entry in entries.tolist():
            await unit.show(entry, 2, "right")
        dut.busy.value = 0
        await unit.read(entries.tolist())
    report(compare("answer", unit.found, unit.expected, [], None), coverage)


class _Unit:
    """The unit, and a table in Python."""

    def __init__(self, dut: Any, config: MachineConfig, rng: np.random.Generator) -> None:
        self._dut, self._config, self._rng = dut, config, rng
        self._counter = CycleCounter.of(config)
        self._first: dict[int, int] = {}
        self._table: dict[int, tuple[int, int, Mode]] = {}
        self.found: list[object] = []
        self.expected: list[object] = []
        for name in ("busy", "step", "plus", "index", "descriptor", "begins", "ends"):
            getattr(dut, name).value = 0

    def cycles(self, case: str, limit: int) -> tuple[int, int]:
        """Of a layer in the first two steps."""
        unit = 1 << self._config.defo_unit_bits
        most = max(3, min(limit, REACHABLE) // unit - 2)
        low = int(self._rng.integers(1, most)) * unit
        high = min(low + int(self._rng.integers(1, 4)) * unit, (most + 1) * unit)
        return {
            "temporal less": (high, low),
            "equal": (low, low + int(self._rng.integers(unit))),
            "temporal more": (low, high),
            "first saturated": (limit + low, low),
            "temporal saturated": (low, limit + low),
            "both saturated": (limit + high, limit + low),
        }[case]

    def _mode(self, entry: int, step: int) -> Mode:
        return (Mode.ACT, Mode.TEMPORAL, None)[step] or self._table[entry][2]

    async def show(self, entry: int, step: int, wrong: str) -> None:
        """A descriptor, and what the unit says of it a cycle later."""
        config, rng, mode = self._config, self._rng, self._mode(entry, step)
        names = [one.name.lower() for one in MODES]
        bus = config.bus_bytes
        values = {f"{name}_address": int(rng.integers(1 << 32)) // bus * bus for name in names}
        values |= {f"{name}_count": int(rng.integers(0, 3)) for name in names}
        values[f"{mode.name.lower()}_count"] = int(rng.integers(1, 1 << 16))
        code, where = "none", 0
        number = entry
        if wrong == "entry":
            number += config.defo_entries * int(rng.integers(1, (1 << 16) // config.defo_entries))
            code = "bad_choice"
        elif wrong == "count":
            values[f"{mode.name.lower()}_count"] = 0
            code = "bad_choice"
        elif wrong != "right":
            values[f"{wrong}_address"] += int(rng.integers(1, bus))
            code, where = "misaligned", values[f"{wrong}_address"] % (1 << 32)
        descriptor = ChoiceDescriptor(entry=number, **values)
        self._dut.descriptor.value = int.from_bytes(descriptor.pack(), "little")
        await FallingEdge(self._dut.clk)
        dut = self._dut
        verdict = (int(dut.code.value), int(dut.wrong_address.value), int(dut.measured.value))
        self.found.append((wrong, *verdict))
        self.expected.append((wrong, CODES[code], where, int(step < 2)))
        if wrong == "right":
            self.found.append((int(dut.first.value), int(dut.count.value)))
            self.expected.append(descriptor.variant(mode))

    async def run(self, entry: int, step: int, plus: int, cycles: tuple[int, int]) -> None:
        """A layer from its choice to its end; others are shown meanwhile."""
        dut, rng = self._dut, self._rng
        await self.show(entry, step, "right")
        dut.begins.value = 1
        await FallingEdge(dut.clk)
        dut.begins.value = 0
        taken = cycles[min(step, 1)]
        for _ in range(taken - 1):
            if rng.random() < 0.1:
                dut.descriptor.value = int.from_bytes(rng.bytes(128), "little")
            await FallingEdge(dut.clk)
        dut.ends.value = 1
        await FallingEdge(dut.clk)
        dut.ends.value = 0
        if step == 0:
            self._first[entry] = taken
            self._table[entry] = self._counter.count(taken), 0, Mode.ACT
        elif step == 1:
            otherwise = Mode.SPATIAL if plus else Mode.ACT
            made = decide("", self._first[entry], taken, otherwise, self._counter)
            self._table[entry] = made.act, made.temporal, made.mode

    async def cut(self, entry: int) -> None:
        """A layer that is not left; the table keeps what it had."""
        await self.take(entry)
        self._dut.busy.value = 0
        await FallingEdge(self._dut.clk)

    async def take(self, entry: int) -> None:
        """A layer that goes on."""
        dut = self._dut
        dut.busy.value = 1
        await self.show(entry, 2, "right")
        dut.begins.value = 1
        await FallingEdge(dut.clk)
        dut.begins.value = 0
        await FallingEdge(dut.clk)

    async def read(self, entries: list[int]) -> None:
        """All entries that layers have."""
        bits = self._config.defo_counter_bits
        for entry in entries:
            self._dut.index.value = entry
            await FallingEdge(self._dut.clk)
            word = int(self._dut.entry.value)
            mask = (1 << bits) - 1
            self.found.append((word & mask, word >> bits & mask, word >> (2 * bits)))
            first, temporal, mode = self._table[entry]
            self.expected.append((first, temporal, int(ModeCode.of(mode))))
