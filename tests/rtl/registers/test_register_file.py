"""What the bench under cocotbext-axi cannot time: cycles of answers, events in the same cycle."""

from collections.abc import Callable

import pytest
from amaranth.sim import Simulator

from golden.machine.config import load_config
from rtl.registers.register_file import RegisterFile
from rtl.registers.register_map import registers

TINY = load_config("tiny")


def simulate(process: Callable) -> None:
    device = RegisterFile(TINY)
    simulator = Simulator(device)
    simulator.add_clock(1e-6)

    async def testbench(ctx) -> None:
        await process(ctx, device)

    simulator.add_testbench(testbench)
    simulator.run()


async def write(ctx, device, name: str, value: int) -> None:
    """Returns in the cycle in which the write is carried out."""
    ctx.set(device.s_axi_awaddr, registers()[name].address)
    ctx.set(device.s_axi_wdata, value)
    ctx.set(device.s_axi_wstrb, 15)
    ctx.set(device.s_axi_awvalid, 1)
    ctx.set(device.s_axi_wvalid, 1)
    ctx.set(device.s_axi_bready, 1)
    assert ctx.get(device.s_axi_awready & device.s_axi_wready)
    await ctx.tick()
    ctx.set(device.s_axi_awvalid, 0)
    ctx.set(device.s_axi_wvalid, 0)


@pytest.mark.parametrize("late", [False, True])
def test_an_interrupt_in_the_cycle_of_its_clearing_stays(late: bool) -> None:
    async def process(ctx, device) -> None:
        await write(ctx, device, "IRQ_ENABLE", 1)
        await ctx.tick().repeat(3)
        ctx.set(device.irq_status_done, 1)
        await ctx.tick()
        ctx.set(device.irq_status_done, 0)
        assert ctx.get(device.irq)
        await write(ctx, device, "IRQ_STATUS", 1)
        ctx.set(device.irq_status_done, int(late))
        await ctx.tick()
        ctx.set(device.irq_status_done, 0)
        assert ctx.get(device.irq) == late
        await ctx.tick()
        assert ctx.get(device.irq) == late

    simulate(process)


def test_start_is_high_for_one_cycle() -> None:
    async def process(ctx, device) -> None:
        await write(ctx, device, "CTRL", 1)
        seen = []
        for _ in range(5):
            seen.append(ctx.get(device.ctrl_start))
            await ctx.tick()
        assert seen == [0, 1, 0, 0, 0]

    simulate(process)


def test_cycles_of_the_answers() -> None:
    async def process(ctx, device) -> None:
        await write(ctx, device, "QUEUE_COUNT", 7)
        assert not ctx.get(device.s_axi_bvalid)
        await ctx.tick()
        assert ctx.get(device.s_axi_bvalid), "two cycles after both were accepted"
        assert ctx.get(device.queue_count_count) == 7
        ctx.set(device.s_axi_araddr, registers()["QUEUE_COUNT"].address)
        ctx.set(device.s_axi_arvalid, 1)
        assert ctx.get(device.s_axi_arready)
        await ctx.tick()
        assert ctx.get(device.s_axi_rvalid), "the cycle after its address was accepted"
        assert ctx.get(device.s_axi_rdata) == 7
        assert not ctx.get(device.s_axi_arready)

    simulate(process)


def test_clearing_wins_over_counting() -> None:
    async def process(ctx, device) -> None:
        ctx.set(device.cycles_count, 1)
        await ctx.tick().repeat(5)
        ctx.set(device.clear_counters, 1)
        await ctx.tick()
        ctx.set(device.clear_counters, 0)
        await ctx.tick().repeat(2)
        ctx.set(device.cycles_count, 0)
        ctx.set(device.s_axi_araddr, registers()["CYCLES"].address)
        ctx.set(device.s_axi_arvalid, 1)
        await ctx.tick()
        assert ctx.get(device.s_axi_rdata) == 2

    simulate(process)
