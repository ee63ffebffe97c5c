"""Sums of channels, and what becomes of those of groups of channels."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
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

STATISTICS_BITS = SUM_BITS + SQUARE_BITS


class Statistics(RtlModule):
    """Keeps S and Q of every channel, a row of lanes at a time; turns them into those of groups.

    Ports: with ``read``, ``o`` shows the channels of ``row`` a cycle later; with ``update`` they
    are written back in that cycle with ``values`` and ``squares`` of all lanes added, from nothing
    if ``first``. Rows may follow each other every cycle, the same or others.

    ``scan`` starts when no update is under way: runs of channels of the same group
    (``parameter_row`` is read as ``channels`` a cycle later) are added up, as many as there are
    lanes; each run ``starts`` the reciprocal ``unit`` on its ``sums``, and when the last one is
    ``rooted``, each of their channels gets S and root of its run, ``result`` of unit
    ``result_unit`` a cycle later; then come the next runs. ``done`` is high in the last cycle; how
    many that takes is in docs/timing.md.
    """

    LATENCY = 1
    module_name = "ditto_vector_statistics"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        lanes = config.vector_lanes
        row = index_shape(max(2, config.vector_channels // lanes))
        unit = index_shape(max(2, lanes))
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
                "starts": Out(1),
                "unit": Out(unit),
                "sums": Out(statistics_layout()),
                "rooted": In(1),
                "result_unit": Out(unit),
                "result": In(statistics_layout()),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        lanes = config.vector_lanes
        rows = max(2, config.vector_channels // lanes)
        ram = self.instantiate(m, "ram", Ram(STATISTICS_BITS * lanes, rows, lanes))

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
        total = self.sums
        group, begun = Signal(9, reset_less=True), Signal(reset_less=True)
        ends, last, final = Signal(), Signal(), Signal(reset_less=True)
        m.d.comb += [
            last.eq((scan_lane == lanes - 1) & (scan_row + 1 == layer.rows)),
            ends.eq(begun & (parameters.group != group)),
            self.parameter_row.eq(scan_row),
            ram.read.eq(self.read),
            ram.read_address.eq(self.row),
            ram.write.eq(self.update.replicate(lanes)),
            ram.write_address.eq(row),
            ram.write_data.eq(sums),
        ]
        # The channel behind the run of each unit.
        scanned = Cat(scan_lane, scan_row) if lanes > 1 else Cat(scan_row)
        behind = Array(
            Signal(len(scanned), reset_less=True, name=f"behind{n}") for n in range(lanes)
        )

        def following(row: Signal, lane: Signal) -> None:
            """On to the next channel."""
            m.d.sync += lane.eq(lane + 1)
            with m.If(lane == lanes - 1):
                m.d.sync += [lane.eq(0), row.eq(row + 1)]

        def run_ends() -> None:
            m.d.comb += self.starts.eq(1)
            m.d.sync += [behind[self.unit].eq(scanned), total.eq(0), begun.eq(0)]

        with m.FSM() as states:
            m.d.comb += self.scanning.eq(~states.ongoing("idle"))
            with m.State("idle"), m.If(self.scan):
                m.d.sync += [
                    scan_row.eq(0),
                    scan_lane.eq(0),
                    first_row.eq(0),
                    first_lane.eq(0),
                    total.eq(0),
                    self.unit.eq(0),
                    begun.eq(0),
                    final.eq(0),
                ]
                m.next = "read"
            with m.State("read"):
                m.d.comb += [ram.read.eq(1), ram.read_address.eq(scan_row)]
                m.next = "take"
            with m.State("take"):
                with m.If(ends):
                    run_ends()
                    with m.If(self.unit == lanes - 1):
                        m.next = "root"
                    with m.Else():
                        m.d.sync += self.unit.eq(self.unit + 1)
                with m.Else():
                    m.d.sync += [
                        total.total.eq(total.total + one.total),
                        total.squares.eq(total.squares + one.squares),
                        group.eq(parameters.group),
                        begun.eq(1),
                        final.eq(last),
                    ]
                    following(scan_row, scan_lane)
                    m.next = "read"
                    with m.If(last):
                        m.next = "start"
            with m.State("start"):
                run_ends()
                m.next = "root"
            with m.State("root"), m.If(self.rooted):
                m.next = "spread"
            # ``result`` is there a cycle after its unit was chosen.
            spreading = Signal.like(self.unit, reset_less=True)
            m.d.sync += spreading.eq(self.result_unit)
            with m.State("spread"):
                m.d.comb += [
                    self.result_unit.eq(spreading),
                    ram.write.eq(1 << first_lane),
                    ram.write_address.eq(first_row),
                    ram.write_data.eq(self.result.as_value().replicate(lanes)),
                ]
                following(first_row, first_lane)
                at = Cat(first_lane, first_row) if lanes > 1 else Cat(first_row)
                after = Signal(len(scanned))
                m.d.comb += after.eq(at + 1)
                with m.If(after == behind[spreading]):
                    m.d.comb += self.result_unit.eq(spreading + 1)
                    with m.If(spreading == self.unit):
                        m.d.sync += self.unit.eq(0)
                        m.next = "read"
                        with m.If(final):
                            m.d.comb += self.done.eq(1)
                            m.next = "idle"
        return m
