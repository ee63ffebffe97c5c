"""The Encoding Unit: subtracts, splits differences into digits."""

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import ENCODING_TILES
from golden.machine.timing import ENCODER_LATENCY
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import beat_layout, encoded_beat_layout


class Encoder(RtlModule):
    """Encoding Unit for ``beat_elements`` elements per cycle (Ditto, HPCA 2025, hardware).

    Ports: ``i`` takes beats (:func:`rtl.tile.layouts.beat_layout`), ``o`` gives encoded beats
    (:func:`rtl.tile.layouts.encoded_beat_layout`). Elements from ``count`` on become zero.

    Throughput one beat per cycle; timing ``accept[b] = max(accept[b-1] + 1, leave[b-1])``,
    ``leave[b] >= accept[b] + LATENCY``.
    """

    LATENCY = ENCODER_LATENCY
    module_name = "ditto_encoder"
    tiles = ENCODING_TILES

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(beat_layout(config))),
                "o": Out(stream.Signature(encoded_beat_layout(config))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        beat = Signal(encoded_beat_layout(self.config), reset_less=True)
        m.d.comb += [
            self.o.payload.eq(beat),
            self.i.ready.eq(~self.o.valid | self.o.ready),
        ]
        with m.If(self.i.ready):
            m.d.sync += self.o.valid.eq(self.i.valid)
        with m.If(self.i.ready & self.i.valid):
            m.d.sync += [beat.index.eq(self.i.payload.index), beat.last.eq(self.i.payload.last)]
            for number in range(self.config.beat_elements):
                self._encode(m, number, beat.elements[number])
        return m

    def _encode(self, m: Module, number: int, element) -> None:
        difference = Signal(signed(9), name=f"difference{number}")
        valid = Signal(name=f"valid{number}")
        low = Signal(4, name=f"low{number}")
        m.d.comb += [
            difference.eq(self.i.payload.x[number] - self.i.payload.reference[number]),
            valid.eq(number < self.i.payload.count),
        ]
        if self.config.encoding is Encoding.SIGN_MAGNITUDE:
            magnitude = Signal(8, name=f"magnitude{number}")
            high = Signal(4, name=f"high{number}")
            m.d.comb += [
                magnitude.eq(Mux(difference[8], -difference, difference)),
                low.eq(Mux(valid, magnitude[:4], 0)),
                high.eq(Mux(valid, magnitude[4:], 0)),
            ]
            m.d.sync += element.negative.eq(difference[8])
        else:
            high = Signal(signed(6), name=f"high{number}")
            m.d.comb += [
                low.eq(Mux(valid, difference[:4], 0)),
                high.eq(Mux(valid, (difference + 8) >> 4, 0)),
            ]
        m.d.sync += [element.low.eq(low), element.high.eq(high)]
