"""The tile: one Encoding Unit and its lanes in front of many columns."""

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.machine.timing import (
    DENSE_LANES_LATENCY,
    ENCODER_LATENCY,
    LANE_FIFO_LATENCY,
    TILE_DRAIN,
)
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.tile.accumulator import AccumulatorControl
from rtl.tile.column import Column
from rtl.tile.dense_lanes import DenseLanes
from rtl.tile.encoder import Encoder
from rtl.tile.lane_fifo import LaneFifo
from rtl.tile.layouts import (
    beat_layout,
    column_control_layout,
    job_layout,
    operands_layout,
    results_signature,
    stored_row_layout,
    weight_write_layout,
)


class Tile(RtlModule):
    """Computes rows of ``accumulators += (x - reference) @ weights`` for ``columns`` channels.

    Ports (all streams):

    - ``weights``: writes to the weight banks, always ready; row element k lies in lane
      ``k mod lanes`` at address ``k // lanes``
    - ``stored``: writes to the accumulator buffer, up to 16 columns of a row at a time
    - ``jobs``: what to do with the coming rows (:func:`rtl.tile.layouts.job_layout`)
    - ``beats``: the rows (:func:`rtl.tile.layouts.beat_layout`)
    - ``o``: int32 results, a row of all columns at a time, each group of 16 columns at a port

    A job's flags make the modes: ACT neither ``load`` nor ``carry``, TEMPORAL ``load``, SPATIAL
    ``carry``; a row longer than ``max_k`` is split into jobs that ``load`` what came before.

    Timing (derived in docs/timing.md): beats enter the lanes in cycles t[b], lanes drain them in
    F[l], a row is closed when all lanes have, and its result is offered ``TILE_DRAIN`` cycles
    later. A dense tile takes an element in each lane and cycle, and has neither Encoding Unit nor
    lane FIFOs. One beat, one slot per lane and one row per cycle at most. While a result waits at
    ``o``, or a partial sum waits for a job, the whole tile stands still.
    """

    LATENCY = ENCODER_LATENCY + LANE_FIFO_LATENCY + TILE_DRAIN
    module_name = "ditto_tile"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        if config.tile is TileKind.DENSE:
            self.LATENCY = DENSE_LANES_LATENCY + config.lane_elements - 1 + TILE_DRAIN
        super().__init__(
            {
                "weights": In(stream.Signature(weight_write_layout(config))),
                "stored": In(stream.Signature(stored_row_layout(config))),
                "jobs": In(stream.Signature(job_layout(config))),
                "beats": In(stream.Signature(beat_layout(config))),
                "o": Out(results_signature(config)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        advance = Signal()
        operands = Signal(operands_layout(config), reset_less=True)
        operands_valid = Signal()
        dense = config.tile is TileKind.DENSE
        lanes = self._dense_lanes if dense else self._lane_fifos
        addresses = lanes(m, advance, operands, operands_valid)

        accumulators = self.instantiate(m, "accumulator_control", AccumulatorControl(config))
        control = Signal(column_control_layout(config))
        store_group = Signal(config.column_groups)
        write = self.weights.payload
        m.d.comb += [
            self.weights.ready.eq(1),
            control.write_lane.eq(self.weights.valid << write.lane),
            control.write_address.eq(write.address),
            control.addresses.eq(addresses),
            control.advance.eq(advance),
            control.operands.eq(operands),
            control.operands_valid.eq(operands_valid),
            control.accumulate.eq(accumulators.control),
            advance.eq(accumulators.advance),
            *joined(self.jobs, accumulators.jobs),
            accumulators.store_row.eq(self.stored.payload.row),
            self.stored.ready.eq(accumulators.store_ready),
            store_group.eq(self.stored.valid << self.stored.payload.group),
            self.o.valid.eq(accumulators.o_valid),
            accumulators.o_ready.eq(self.o.ready),
        ]
        column = Column(config)
        stored = self.stored.payload
        columns: list[Any] = []
        for group in range(config.column_groups):
            # Cut once per group: Amaranth takes the whole payload apart for every slice of it.
            members = min(config.group_columns, config.columns - len(columns))
            first = 8 * len(columns)
            weights = Signal(8 * members, name=f"weights_group{group}")
            m.d.comb += weights.eq(write.data[first : first + len(weights)])
            for place in range(members):
                inputs = {
                    "control": control,
                    "weight": weights.word_select(place, 8),
                    "store": store_group[group],
                    "store_data": stored.data.word_select(place, 32),
                }
                name = f"column{len(columns)}"
                columns.append(self.instantiate(m, name, column, inputs))
        m.d.comb += accumulators.psum_valid.eq(columns[0].psum_valid)
        for group, payload in enumerate(self.o.payload):
            first = group * config.group_columns
            in_group = columns[first : first + config.group_columns]
            m.d.comb += payload.eq(Cat(one.o for one in in_group))
        return m

    def _lane_fifos(
        self, m: Module, advance: Signal, operands: Any, operands_valid: Signal
    ) -> Value:
        """Encoding Unit and lane FIFOs; drives the operands, returns their weights' addresses."""
        config = self.config
        row_bits = (config.rows_queued - 1).bit_length()
        newest = Signal(row_bits + 1)
        oldest = Signal(row_bits + 1)
        open_rows = Signal(row_bits + 1)
        close = Signal()
        m.d.comb += open_rows.eq(newest - oldest)

        encoder = self.instantiate(m, "encoder", Encoder(config))
        m.d.comb += [
            encoder.i.payload.eq(self.beats.payload),
            encoder.i.valid.eq(self.beats.valid & advance),
            self.beats.ready.eq(encoder.i.ready & advance),
        ]

        lane_fifo = LaneFifo(config)
        lanes = [self.instantiate(m, f"lane{n}", lane_fifo) for n in range(config.lanes)]
        push = Signal()
        m.d.comb += [
            encoder.o.ready.eq(
                advance
                & (open_rows != config.rows_queued)
                & Cat(lane.i.ready for lane in lanes).all()
            ),
            push.eq(encoder.o.valid & encoder.o.ready),
        ]
        with m.If(push & encoder.o.payload.last):
            m.d.sync += newest.eq(newest + 1)
        for number, lane in enumerate(lanes):
            part = lane.i.payload
            for n, element in enumerate(part.elements):
                m.d.comb += element.eq(encoder.o.payload.elements[n * config.lanes + number])
            m.d.comb += [
                part.index.eq(encoder.o.payload.index),
                part.row.eq(newest),
                lane.i.valid.eq(push),
                lane.oldest.eq(oldest),
                lane.o.ready.eq(advance),
            ]

        m.d.comb += close.eq(advance & (open_rows != 0) & Cat(lane.done for lane in lanes).all())
        with m.If(close):
            m.d.sync += oldest.eq(oldest + 1)

        several_rows = config.rows_in_flight > 1
        with m.If(advance):
            m.d.sync += [
                operands_valid.eq(close | Cat(lane.o.valid for lane in lanes).any()),
                operands.close.eq(close),
                operands.close_row.eq(oldest[0] if several_rows else 0),
            ]
            for number, lane in enumerate(lanes):
                m.d.sync += [
                    operands.lanes[number].digit.eq(Mux(lane.o.valid, lane.o.payload.digit, 0)),
                    operands.lanes[number].high.eq(lane.o.payload.high),
                    operands.lanes[number].row.eq(lane.o.payload.row[0] if several_rows else 0),
                ]
        return Cat(lane.o.payload.address for lane in lanes)

    def _dense_lanes(
        self, m: Module, advance: Signal, operands: Any, operands_valid: Signal
    ) -> Value:
        """The same of a dense tile, whose lanes are in step."""
        lanes = self.instantiate(m, "lanes", DenseLanes(self.config))
        group = lanes.o.payload
        close = Signal()
        m.d.comb += [
            close.eq(advance & lanes.o.valid & group.last),
            lanes.i.payload.eq(self.beats.payload),
            lanes.i.valid.eq(self.beats.valid & advance),
            self.beats.ready.eq(lanes.i.ready & advance),
            lanes.o.ready.eq(advance),
        ]
        with m.If(advance):
            m.d.sync += [
                operands_valid.eq(lanes.o.valid),
                operands.close.eq(close),
            ]
            for number, difference in enumerate(group.differences):
                m.d.sync += operands.lanes[number].digit.eq(difference)
        return group.address.replicate(self.config.lanes)
