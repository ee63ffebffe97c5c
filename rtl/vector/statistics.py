"""Sums of channels and of groups of channels, and the reciprocal roots of their variances."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.vector.descriptor import Op
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.scheduler.layouts import vector_layout
from rtl.tile.layouts import index_shape
from rtl.vector.layouts import (
    PARAMETER_BITS,
    SQUARE_BITS,
    SUM_BITS,
    parameter_layout,
    statistics_layout,
)
from rtl.vector.reciprocal import Reciprocal

STATISTICS_BITS = SUM_BITS + SQUARE_BITS


class Statistics(RtlModule):
    """Keeps S and Q of every channel, a row of lanes at a time; turns them into those of groups.

    Ports: with ``read``, ``o`` shows the channels of ``row`` a cycle later; with ``update`` they
    are written back in that cycle with ``values`` and ``squares`` of all lanes added, from nothing
    if ``first``. Rows may follow each other every cycle, the same or others.

    ``scan`` starts when no update is under way: runs of channels of the same group
    (``parameter_row`` is read as ``channels`` a cycle later; in PIXELS the lanes of row 0 are
    one) are added up, and each of their channels gets S and root of the whole run. ``done`` is
    high in the last cycle; how many that takes is in docs/timing.md. ``divide`` starts ``2^46 /
    divisor``, ``divided`` tells its end, ``quotient`` stays.
    """

    LATENCY = 1
    module_name = "ditto_vector_statistics"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        lanes = config.vector_lanes
        row = index_shape(max(2, config.vector_channels // lanes))
        super().__init__(
            {
                "layer": In(vector_layout()),
                "read": In(1),
                "row": In(row),
                "update": In(1),
                "first": In(1),
                "values": In(unsigned(17 * lanes)),
                "squares": In(unsigned(32 * lanes)),
                "o": Out(unsigned(STATISTICS_BITS * lanes)),
                "scan": In(1),
                "scanning": Out(1),
                "parameter_row": Out(row),
                "channels": In(unsigned(PARAMETER_BITS * lanes)),
                "done": Out(1),
                "divide": In(1),
                "divisor": In(unsigned(32)),
                "divided": Out(1),
                "quotient": Out(unsigned(32)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        lanes = config.vector_lanes
        rows = max(2, config.vector_channels // lanes)
        ram = self.instantiate(m, "ram", Ram(STATISTICS_BITS * lanes, rows, lanes))
        reciprocal = self.instantiate(m, "reciprocal", Reciprocal())

        # The row that was written in the cycle of the read.
        row, written_row = Signal.like(self.row), Signal.like(self.row, reset_less=True)
        written, wrote = Signal.like(self.o, reset_less=True), Signal()
        before, sums = Signal.like(self.o), Signal.like(self.o)
        m.d.sync += [
            row.eq(self.row),
            wrote.eq(self.update),
            written_row.eq(row),
            written.eq(sums),
        ]
        m.d.comb += [
            before.eq(Mux(wrote & (written_row == row), written, ram.o)),
            self.o.eq(ram.o),
        ]
        for lane in range(lanes):
            old, new = Signal(statistics_layout()), Signal(statistics_layout())
            place = slice(STATISTICS_BITS * lane, STATISTICS_BITS * (lane + 1))
            value = self.values[17 * lane : 17 * (lane + 1)].as_signed()
            m.d.comb += [
                old.eq(Mux(self.first, 0, before[place])),
                new.total.eq(old.total + value),
                new.squares.eq(old.squares + self.squares[32 * lane : 32 * (lane + 1)]),
                sums[place].eq(new.as_value()),
            ]

        scan_row, scan_lane = Signal.like(self.row), Signal(index_shape(max(2, lanes)))
        first_row, first_lane = Signal.like(scan_row), Signal.like(scan_lane)
        one = Signal(statistics_layout())
        parameters = Signal(parameter_layout())
        with m.Switch(scan_lane):
            for lane in range(lanes):
                with m.Case(lane):
                    place = slice(STATISTICS_BITS * lane, STATISTICS_BITS * (lane + 1))
                    own = slice(PARAMETER_BITS * lane, PARAMETER_BITS * (lane + 1))
                    m.d.comb += [
                        one.as_value().eq(ram.o[place]),
                        parameters.as_value().eq(self.channels[own]),
                    ]
        total = Signal(statistics_layout())
        group, begun = Signal(9), Signal()
        ends, last, final = Signal(), Signal(), Signal()
        of_groups = layer.op == Op.GROUPS
        m.d.comb += [
            last.eq((scan_lane == lanes - 1) & (~of_groups | (scan_row + 1 == layer.rows))),
            ends.eq(of_groups & begun & (parameters.group != group)),
            self.parameter_row.eq(scan_row),
            reciprocal.of_group.eq(1),
            reciprocal.total.eq(total.total),
            reciprocal.squares.eq(total.squares),
            reciprocal.count.eq(layer.count),
            reciprocal.epsilon.eq(layer.epsilon),
            reciprocal.division.eq(layer.division),
            reciprocal.divisor.eq(self.divisor),
            self.quotient.eq(reciprocal.quotient),
            self.divided.eq(reciprocal.done),
            ram.read.eq(self.read),
            ram.read_address.eq(self.row),
            ram.write.eq(self.update.replicate(lanes)),
            ram.write_address.eq(row),
            ram.write_data.eq(sums),
        ]
        with m.If(self.divide):
            m.d.comb += [reciprocal.of_group.eq(0), reciprocal.start.eq(1)]

        def following(row: Signal, lane: Signal) -> None:
            """On to the next channel."""
            m.d.sync += lane.eq(lane + 1)
            with m.If(lane == lanes - 1):
                m.d.sync += [lane.eq(0), row.eq(row + 1)]

        with m.FSM() as states:
            m.d.comb += self.scanning.eq(~states.ongoing("idle"))
            with m.State("idle"), m.If(self.scan):
                m.d.sync += [
                    scan_row.eq(0),
                    scan_lane.eq(0),
                    first_row.eq(0),
                    first_lane.eq(0),
                    total.eq(0),
                    begun.eq(0),
                    final.eq(0),
                ]
                m.next = "read"
            with m.State("read"):
                m.d.comb += [ram.read.eq(1), ram.read_address.eq(scan_row)]
                m.next = "take"
            with m.State("take"):
                m.next = "start"
                with m.If(~ends):
                    m.d.sync += [
                        total.total.eq(total.total + one.total),
                        total.squares.eq(total.squares + one.squares),
                        group.eq(parameters.group),
                        begun.eq(1),
                        final.eq(last),
                    ]
                    following(scan_row, scan_lane)
                    with m.If(~last):
                        m.next = "read"
            with m.State("start"):
                m.d.comb += reciprocal.start.eq(1)
                m.next = "root"
            with m.State("root"), m.If(reciprocal.done):
                m.next = "spread"
            with m.State("spread"):
                result = Signal(statistics_layout())
                m.d.comb += [
                    result.total.eq(total.total),
                    result.squares.eq(Cat(reciprocal.root, reciprocal.places)),
                    ram.write.eq(1 << first_lane),
                    ram.write_address.eq(first_row),
                    ram.write_data.eq(result.as_value().replicate(lanes)),
                ]
                following(first_row, first_lane)
                # The channel behind the run is where the scan stands.
                at, end = Cat(first_lane, first_row), Cat(scan_lane, scan_row)
                if lanes == 1:
                    at, end = first_row, scan_row
                behind = Signal(len(end))
                m.d.comb += behind.eq(at + 1)
                with m.If(behind == end):
                    m.d.sync += [total.eq(0), begun.eq(0)]
                    m.next = "read"
                    with m.If(final):
                        m.d.comb += self.done.eq(1)
                        m.next = "idle"
        return m
