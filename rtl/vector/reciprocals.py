"""A reciprocal unit per lane: as many pixels or channel groups at once as there are lanes."""

from amaranth.hdl import Array, Cat, Module, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import RECIPROCAL_LATENCY
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import vector_layout
from rtl.tile.layouts import index_shape
from rtl.vector.layouts import SUM_BITS, statistics_layout
from rtl.vector.reciprocal import Reciprocal


class Reciprocals(RtlModule):
    """One :class:`~rtl.vector.reciprocal.Reciprocal` per lane, and the sum that each works on.

    Ports: ``start`` starts unit ``unit``, which must be idle, on ``sums``: with ``of_group`` on the
    variance that they give with ``layer``'s count and epsilon, else on ``2^46`` over their lowest
    32 bits. ``done`` is high in the cycle in which unit ``awaited`` ends. ``read`` chooses a unit
    whose ``result`` is there a cycle later: its total, and in the place of squares root and places
    (:func:`rtl.vector.layouts.root_layout`), or its ``quotient``.

    Units work beside each other; the latency is that of one.
    """

    LATENCY = RECIPROCAL_LATENCY
    module_name = "ditto_vector_reciprocals"

    def __init__(self, config: MachineConfig) -> None:
        self.lanes = config.vector_lanes
        unit = index_shape(max(2, self.lanes))
        super().__init__(
            {
                "layer": In(vector_layout()),
                "start": In(1),
                "unit": In(unit),
                "of_group": In(1),
                "sums": In(statistics_layout()),
                "awaited": In(unit),
                "done": Out(1),
                "read": In(unit),
                "result": Out(statistics_layout()),
                "quotient": Out(unsigned(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer, sums = self.layer, self.sums
        dones, results, quotients = [], [], []
        for number in range(self.lanes):
            unit = self.instantiate(m, f"unit{number}", Reciprocal())
            total = Signal(SUM_BITS, reset_less=True)
            start = Signal()
            m.d.comb += [
                start.eq(self.start & (self.unit == number)),
                unit.start.eq(start),
                unit.of_group.eq(self.of_group),
                unit.divisor.eq(sums.total),
                unit.total.eq(sums.total),
                unit.squares.eq(sums.squares),
                unit.count.eq(layer.count),
                unit.epsilon.eq(layer.epsilon),
                unit.division.eq(layer.division),
            ]
            with m.If(start):
                m.d.sync += total.eq(sums.total)
            result = Signal(statistics_layout(), name=f"result{number}")
            m.d.comb += [result.total.eq(total), result.squares.eq(Cat(unit.root, unit.places))]
            dones.append(unit.done)
            results.append(result.as_value())
            quotients.append(unit.quotient)
        m.d.comb += self.done.eq(Array(dones)[self.awaited])
        result, quotient = Signal.like(self.result), Signal(32, reset_less=True)
        m.d.sync += [
            result.as_value().eq(Array(results)[self.read]),
            quotient.eq(Array(quotients)[self.read]),
        ]
        m.d.comb += [self.result.eq(result), self.quotient.eq(quotient)]
        return m
