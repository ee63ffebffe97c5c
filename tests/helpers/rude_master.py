"""A bus master that breaks one rule of AXI at a time, and its bench (runs in the simulator)."""

from typing import Any

import cocotb
from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import In
from cocotb.triggers import ClockCycles, FallingEdge

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi import read_ports, write_ports
from tb.harness.clocked import start
from tb.harness.comparison import compare
from tb.harness.task import report

RULES = 7
GOOD = 7
"""The value of ``rule`` with which it breaks none."""


class RudeMaster(RtlModule):
    """Breaks rule number ``rule`` of tb/bus/memory.v."""

    module_name = "rude_master"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__({"rule": In(3), **read_ports(config), **write_ports(config)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        count = Signal(16)
        sent = Signal()
        m.d.sync += count.eq(count + 1)
        size = (self.config.bus_bytes - 1).bit_length()
        for name in ("ar", "aw"):
            m.d.comb += [
                getattr(self, f"m_axi_{name}size").eq(size),
                getattr(self, f"m_axi_{name}burst").eq(1),
            ]
        once, near = Signal(), self.config.scratchpad_bytes
        m.d.comb += [self.m_axi_wstrb.eq(~0), once.eq(count == 1)]
        # Nobody takes what is read: after some addresses the memory accepts no more.
        with m.Switch(self.rule):
            with m.Case(0):
                m.d.comb += [self.m_axi_arvalid.eq(1), self.m_axi_araddr.eq(near + (count << size))]
            with m.Case(1):
                m.d.comb += [self.m_axi_awvalid.eq(1), self.m_axi_awaddr.eq(near + (count << size))]
            with m.Case(2):
                m.d.comb += [self.m_axi_wvalid.eq(1), self.m_axi_wdata.eq(count)]
            with m.Case(3):
                m.d.comb += [
                    self.m_axi_arvalid.eq(once),
                    self.m_axi_araddr.eq(near + (1 << (size - 1))),
                ]
            with m.Case(4):
                m.d.comb += [
                    self.m_axi_awvalid.eq(once),
                    self.m_axi_awaddr.eq(near + 4096 - self.config.bus_bytes),
                    self.m_axi_awlen.eq(1),
                ]
            with m.Case(6):
                m.d.comb += [self.m_axi_awvalid.eq(once), self.m_axi_awaddr.eq(near - 4096)]
            with m.Case(5, GOOD):
                # Two words, the first or, as it should be, the second of them with WLAST.
                m.d.comb += [
                    self.m_axi_awvalid.eq(once),
                    self.m_axi_awaddr.eq(near),
                    self.m_axi_awlen.eq(1),
                    self.m_axi_wvalid.eq(~sent),
                    self.m_axi_wlast.eq(Mux(self.rule == GOOD, count >= 3, count < 3)),
                    self.m_axi_bready.eq(1),
                    self.m_axi_arvalid.eq(once),
                    self.m_axi_araddr.eq(near),
                    self.m_axi_rready.eq(1),
                ]
        with m.If(count == 3):
            m.d.sync += sent.eq(1)
        return m


@cocotb.test()
async def bench(dut: Any) -> None:
    """Every rule, and none, is reported as what it is."""
    dut.memory_load.value = 0
    dut.memory_dump.value = 0
    dut.memory_fault.value = 0
    dut.memory_latency.value = 5
    dut.memory_interval.value = 1
    dut.memory_dram.value = 0
    dut.rule.value = GOOD
    await start(dut)
    found = []
    for rule in range(RULES + 1):
        dut.rst.value = 1
        dut.rule.value = rule
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        dut.rst.value = 0
        await ClockCycles(dut.clk, 100)
        await FallingEdge(dut.clk)
        found.append(int(dut.memory_violation.value))
    report(compare("rule", found, [1 << rule for rule in range(RULES)] + [0], [], None))
