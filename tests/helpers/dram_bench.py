"""A bus master that is its bench's inputs, and the bench: DRAM alone (runs in the simulator)."""

from dataclasses import astuple
from typing import Any

import cocotb
import numpy as np
from amaranth.hdl import Module, Shape
from amaranth.lib.wiring import In, Out
from cocotb.triggers import FallingEdge

from golden.machine.config import MachineConfig
from golden.machine.dram import Standard
from rtl.blocks.module import RtlModule
from rtl.bus.axi import read_ports, write_ports
from sim.dram.replay import Request, replayed_and_counted
from tb.bus.memory import Memory, dram_settings
from tb.bus.memory_top import SETTINGS
from tb.bus.random_dram import random_dram
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.task import Findings, current_task, report
from tests.helpers.random_traffic import PATTERNS, random_traffic

INPUTS = ("arvalid", "araddr", "arlen", "awvalid", "awaddr", "awlen", "wvalid", "wlast")
WRONG = "dram_setting_one_more"
TOLD = ("rvalid", "rlast", "bvalid")


class Wires(RtlModule):
    """Inputs ``drive_*`` are the master's outputs, outputs ``told_*`` what the memory says."""

    module_name = "wires"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        bus = {**read_ports(config), **write_ports(config)}
        driven = {f"drive_{n}": In(Shape.cast(bus[f"m_axi_{n}"].shape)) for n in INPUTS}
        told = {f"told_{n}": Out(1) for n in ("clocked", *TOLD)}
        super().__init__({**driven, **told, **bus})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Without a register a module has no clock, which the memory's top joins.
        m.d.sync += self.told_clocked.eq(1)
        size = (self.config.bus_bytes - 1).bit_length()
        for name in ("ar", "aw"):
            m.d.comb += [
                getattr(self, f"m_axi_{name}size").eq(size),
                getattr(self, f"m_axi_{name}burst").eq(1),
            ]
        m.d.comb += [self.m_axi_rready.eq(1), self.m_axi_bready.eq(1), self.m_axi_wstrb.eq(~0)]
        m.d.comb += [getattr(self, f"m_axi_{n}").eq(getattr(self, f"drive_{n}")) for n in INPUTS]
        m.d.comb += [getattr(self, f"told_{n}").eq(getattr(self, f"m_axi_{n}")) for n in TOLD]
        return m


class Master:
    """Offers bursts as early as they may be; words of writes come one per cycle."""

    def __init__(self, dut: Any, requests: list[Request], limits: dict[bool, int]) -> None:
        self._dut, self._requests, self._limits = dut, requests, limits
        self.waiting = {w: [n for n, r in enumerate(requests) if r.write is w] for w in limits}
        self.open: dict[bool, list[int]] = {False: [], True: []}
        self._sending: list[tuple[int, int]] = []
        self.accepted: dict[int, int] = {}
        self.first: dict[int, int] = {}
        self.last: dict[int, int] = {}

    def step(self, cycle: int) -> None:
        """Takes what is offered in a cycle, and offers what may be."""
        dut, requests = self._dut, self._requests
        left = []
        if dut.told_rvalid.value == 1:
            number = self.open[False][0]
            self.first.setdefault(number, cycle)
            if dut.told_rlast.value == 1:
                self.last[number] = cycle
                left.append(False)
        if dut.told_bvalid.value == 1:
            number = self.open[True][0]
            self.first[number] = self.last[number] = cycle
            left.append(True)
        for write, name in ((False, "ar"), (True, "aw")):
            numbers = self.waiting[write]
            offers = (
                bool(numbers)
                and requests[numbers[0]].cycle <= cycle
                and len(self.open[write]) < self._limits[write]
                and not (write and self._sending)
            )
            getattr(dut, f"drive_{name}valid").value = int(offers)
            if offers:
                number = numbers.pop(0)
                self.open[write].append(number)
                getattr(dut, f"drive_{name}addr").value = requests[number].address
                getattr(dut, f"drive_{name}len").value = requests[number].words - 1
                if write:
                    self._sending = [
                        (number, word) for word in range(requests[number].words, -1, -1)
                    ]
                else:
                    self.accepted[number] = cycle
        # The address goes a cycle ahead of the first word.
        dut.drive_wvalid.value = 0
        if self._sending:
            number, word = self._sending.pop(0)
            if word < requests[number].words:
                dut.drive_wvalid.value = 1
                dut.drive_wlast.value = int(word == 0)
            if word == 0:
                self.accepted[number] = cycle
        for write in left:
            self.open[write].pop(0)


@cocotb.test()
async def bench(dut: Any) -> None:
    """Every standard and pattern; an argument names a setting that the memory is told wrong."""
    task = current_task()
    memory = Memory(dut, task.config)
    wrong = cocotb.plusargs.get(WRONG)
    for name in INPUTS:
        getattr(dut, f"drive_{name}").value = 0
    await start(dut)
    findings = Findings()
    for place, standard in enumerate(Standard):
        for number, pattern in enumerate(PATTERNS):
            rng = np.random.default_rng([task.seed, place, number])
            machine = task.config.model_copy(
                update={
                    "dram": random_dram(rng, standard),
                    "outstanding_reads": int(rng.integers(1, 17)),
                    "outstanding_writes": int(rng.integers(1, 17)),
                }
            )
            memory.take_time(machine)
            if wrong:
                told = dram_settings(machine) + (1 << 32 * SETTINGS.index(wrong))
                dut.memory_dram.value = told
            await memory.write(0, np.zeros(machine.bus_bytes, np.uint8))
            requests = random_traffic(rng, machine, pattern)
            limits = {False: machine.outstanding_reads, True: machine.outstanding_writes}
            master = Master(dut, requests, limits)
            await FallingEdge(dut.clk)
            cycle = 0
            while len(master.last) < len(requests) and cycle < 200_000:
                master.step(cycle)
                await FallingEdge(dut.clk)
                cycle += 1
            order = sorted(master.accepted, key=lambda n: master.accepted[n])
            given = [requests[n]._replace(cycle=master.accepted[n]) for n in order]
            found = [(master.accepted[n], master.first.get(n), master.last.get(n)) for n in order]
            cycles, counts = replayed_and_counted(given, machine)
            expected = [tuple(row) for row in cycles.tolist()]
            findings += compare(f"{standard} {pattern}: burst", found, expected, [], None)
            done = list(astuple(memory.dram_counts))
            findings += compare(
                f"{standard} {pattern}: count", done, list(astuple(counts)), [], None
            )
    report(findings)
