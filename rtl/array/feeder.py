"""The feeder of a row of tiles: makes rows of beats out of image lines, im2col by addresses."""

from amaranth.hdl import Module, Mux, Signal, signed, unsigned
from amaranth.lib import data, stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import ModeCode
from golden.accelerator.units import ROW_BITS, Units
from golden.machine.config import MachineConfig
from golden.machine.timing import FEEDER_LATENCY
from rtl.blocks.module import RtlModule
from rtl.scheduler.layouts import (
    LINE_BITS,
    beat_address_shape,
    layer_layout,
    pass_layout,
)
from rtl.tile.layouts import beat_layout, index_shape


class Feeder(RtlModule):
    """Walks windows, and within each the chunk's taps and channel beats.

    Outside the image stands the zero point. SPATIAL reads the reference buffer, which then holds
    the same lines as the input buffer, at the addresses of the pixel before.

    Ports: ``layer``, ``control`` (:func:`rtl.scheduler.layouts.pass_layout`), ``rows`` of this
    tile in the pass (not started if 0), ``line`` the first window's upper input line, ``read``
    and addresses to the buffers, their data in the next cycle, ``beats`` to the tile.

    The first beat is offered ``LATENCY`` cycles after ``start``; each further one when the one
    before is taken, without a gap.
    """

    LATENCY = FEEDER_LATENCY
    module_name = "ditto_feeder"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        beat = unsigned(8 * config.beat_elements)
        super().__init__(
            {
                "layer": In(layer_layout()),
                "control": In(pass_layout()),
                "rows": In(unsigned(ROW_BITS)),
                "line": In(signed(LINE_BITS)),
                "read": Out(1),
                "inputs_beat": Out(beat_address_shape(config)),
                "reference_beat": Out(beat_address_shape(config)),
                "inputs": In(beat),
                "reference": In(beat),
                "beats": Out(stream.Signature(beat_layout(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer = self.config, self.layer
        units = Units.of(config)
        address = beat_address_shape(config)
        place_layout = data.StructLayout(
            {
                "tap_y": unsigned(8),
                "tap_x": unsigned(8),
                "channel": unsigned(ROW_BITS),
                "offset": address,
                "line_offset": address,
            }
        )
        window_layout = data.StructLayout(
            {
                "y": signed(LINE_BITS),
                "x": signed(LINE_BITS),
                "address": address,
            }
        )
        # Constant through a layer, and there from the cycle after the first pass's start on.
        # Addresses wrap, which is right wherever they are used.
        line_beats, line_step, pixel_step, margin = (
            Signal(address, name=name, reset_less=True)
            for name in ("line_beats", "line_step", "pixel_step", "margin")
        )
        m.d.sync += [
            line_beats.eq(layer.line_entries * units.entry_beats),
            line_step.eq(layer.line_entries * units.entry_beats * layer.stride),
            pixel_step.eq(layer.pixel_beats * layer.stride),
            margin.eq(layer.pixel_beats * layer.padding),
        ]

        # The start of a pass sets all of these: only whether one runs needs a reset.
        place = Signal(place_layout, reset_less=True)
        begin = Signal(place_layout, reset_less=True)
        next_begin = Signal(place_layout, reset_less=True)
        following = Signal(place_layout)
        window = Signal(window_layout, reset_less=True)
        previous = Signal(window_layout, reset_less=True)
        line_address = Signal(address, reset_less=True)
        column = Signal(ROW_BITS, reset_less=True)
        left = Signal(ROW_BITS, reset_less=True)
        beat = Signal(ROW_BITS, reset_less=True)
        first_row = Signal(reset_less=True)
        running = Signal()
        enable = Signal()
        issue = Signal()
        # Whether the beat is its window's last, and the window its line's; one_*: whether all are.
        row_end, line_end = Signal(reset_less=True), Signal(reset_less=True)
        one_beat, one_column = Signal(), Signal()
        m.d.comb += [
            issue.eq(running & enable),
            one_beat.eq(self.control.chunk_beats == 1),
            one_column.eq(layer.out_width == 1),
            self.read.eq(enable),
        ]

        m.d.comb += following.eq(place)
        with m.If(place.channel + 1 != layer.pixel_beats):
            m.d.comb += [
                following.channel.eq(place.channel + 1),
                following.offset.eq(place.offset + 1),
            ]
        with m.Elif(place.tap_x + 1 != layer.kernel):
            m.d.comb += [
                following.channel.eq(0),
                following.tap_x.eq(place.tap_x + 1),
                following.offset.eq(place.offset + 1),
            ]
        with m.Else():
            m.d.comb += [
                following.channel.eq(0),
                following.tap_x.eq(0),
                following.tap_y.eq(place.tap_y + 1),
                following.offset.eq(place.line_offset + line_beats),
                following.line_offset.eq(place.line_offset + line_beats),
            ]

        with m.If(self.control.start):
            m.d.sync += [
                running.eq(self.rows != 0),
                left.eq(self.rows),
                beat.eq(0),
                row_end.eq(one_beat),
                first_row.eq(1),
                column.eq(0),
                line_end.eq(one_column),
                line_address.eq(0),
                window.y.eq(self.line),
                window.x.eq(-layer.padding),
                window.address.eq(0),
            ]
            with m.If(self.control.first_chunk):
                m.d.sync += [place.eq(0), begin.eq(0)]
            with m.Else():
                m.d.sync += [place.eq(next_begin), begin.eq(next_begin)]
        with m.Elif(issue):
            with m.If(~row_end):
                m.d.sync += [
                    place.eq(following),
                    beat.eq(beat + 1),
                    row_end.eq(beat + 2 == self.control.chunk_beats),
                ]
            with m.Else():
                m.d.sync += [
                    place.eq(begin),
                    next_begin.eq(following),
                    beat.eq(0),
                    row_end.eq(one_beat),
                    previous.eq(window),
                    first_row.eq(0),
                    left.eq(left - 1),
                    running.eq(left != 1),
                ]
                with m.If(~line_end):
                    m.d.sync += [
                        column.eq(column + 1),
                        line_end.eq(column + 2 == layer.out_width),
                        window.x.eq(window.x + layer.stride),
                        window.address.eq(window.address + pixel_step),
                    ]
                with m.Else():
                    m.d.sync += [
                        column.eq(0),
                        line_end.eq(one_column),
                        window.x.eq(-layer.padding),
                        window.y.eq(window.y + layer.stride),
                        line_address.eq(line_address + line_step),
                        window.address.eq(line_address + line_step),
                    ]

        def inside(of) -> Signal:
            y, x = Signal(LINE_BITS), Signal(LINE_BITS)
            within = Signal()
            m.d.comb += [
                y.eq(of.y + place.tap_y),
                x.eq(of.x + place.tap_x),
                within.eq((y < layer.height) & (x < layer.width)),
            ]
            return within

        spatial = layer.mode == ModeCode.SPATIAL
        here, before = inside(window), inside(previous)
        m.d.comb += [
            self.inputs_beat.eq(window.address + place.offset - margin),
            self.reference_beat.eq(
                Mux(spatial, previous.address, window.address) + place.offset - margin
            ),
        ]

        # The beat that the buffers were read for.
        valid = Signal()
        has_inputs = Signal()
        has_reference = Signal()
        beat_count = Signal(ROW_BITS)
        index = Signal(index_shape(config.max_beats))
        last = Signal()
        m.d.comb += enable.eq(~valid | self.beats.ready)
        bank = Mux(self.control.weights_slot, units.half_beats, 0)
        with m.If(enable):
            m.d.sync += [
                valid.eq(running),
                has_inputs.eq(here),
                has_reference.eq(
                    Mux(
                        spatial,
                        before & ~first_row,
                        here & (layer.mode == ModeCode.TEMPORAL),
                    )
                ),
                beat_count.eq(
                    Mux(
                        place.channel + 1 == layer.pixel_beats,
                        layer.last_count,
                        config.beat_elements,
                    )
                ),
                index.eq(beat + bank),
                last.eq(row_end),
            ]
        zero = Signal(8 * config.beat_elements)
        m.d.comb += [
            zero.eq(layer.zero_point.as_unsigned()[:8].replicate(config.beat_elements)),
            self.beats.valid.eq(valid),
            self.beats.payload.x.eq(Mux(has_inputs, self.inputs, zero)),
            self.beats.payload.reference.eq(Mux(has_reference, self.reference, zero)),
            self.beats.payload.count.eq(beat_count),
            self.beats.payload.index.eq(index),
            self.beats.payload.last.eq(last),
        ]
        return m
