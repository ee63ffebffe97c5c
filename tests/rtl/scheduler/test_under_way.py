"""The list of layers under way against one in Python that looks at all of them, at random."""

from collections import deque

import numpy as np
import pytest
from amaranth.sim import Simulator

from golden.machine.timing import LAYERS_UNDER_WAY
from rtl.scheduler.under_way import ENGINES, PRODUCTS, Kind, UnderWay

AT_ONCE = {Kind.PRODUCT: PRODUCTS, Kind.VECTOR: 1, Kind.FUSED: 1}
"""Layers of a kind that have not ended"""


@pytest.mark.parametrize("seed", range(4))
def test_layers_retire_in_the_order_of_their_starts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dut = UnderWay()
    most = 0

    async def bench(ctx) -> None:
        nonlocal most
        listed: deque[list] = deque()  # kind, interrupt, ended before this cycle
        for _ in range(2000):
            running = {k: [one for one in listed if one[0] == k and not one[2]] for k in ENGINES}
            # A vector layer that takes long lets others end behind it.
            chance = {Kind.PRODUCT: 0.3, Kind.VECTOR: 0.05 if rng.random() < 0.5 else 0.5}
            ended = [
                k for k in ENGINES for _ in running[k][:1] if rng.random() < chance.get(k, 0.3)
            ]
            kind = Kind(int(rng.integers(len(Kind))))
            choice = kind is Kind.CHOICE
            may = choice or len(running[kind]) < AT_ONCE[kind]
            may = may and len(listed) < LAYERS_UNDER_WAY
            begins, interrupt = bool(may and rng.random() < 0.7), int(rng.integers(2))
            ctx.set(dut.begins, begins)
            ctx.set(dut.kind, kind)
            ctx.set(dut.interrupt, interrupt)
            ctx.set(dut.ended, sum(1 << one for one in ended))
            assert ctx.get(dut.empty) == (not listed)
            assert ctx.get(dut.full) == (len(listed) == LAYERS_UNDER_WAY)
            assert ctx.get(dut.products) == len(running[Kind.PRODUCT])
            for port, of in (
                (dut.waiting_products, Kind.PRODUCT),
                (dut.waiting_vectors, Kind.VECTOR),
            ):
                assert ctx.get(port) == sum(one[0] == of and one[2] for one in listed)
            for one in ended:
                running[one][0][2] = True
            retires = bool(listed and listed[0][2])
            assert ctx.get(dut.retires) == retires
            if retires:
                oldest = listed.popleft()
                assert ctx.get(dut.retired_kind) == oldest[0]
                assert ctx.get(dut.retired_interrupt) == oldest[1]
            if begins:
                # A choice has ended when it is there.
                listed.append([kind, interrupt, choice])
            most = max(most, len(listed))
            await ctx.tick()

    simulator = Simulator(dut)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    assert most == LAYERS_UNDER_WAY
