"""The receiver: takes what comes from memory where it belongs."""

from amaranth.hdl import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import ROW_BITS, Units
from golden.machine.config import MachineConfig
from golden.machine.timing import LOADS_UNDER_WAY
from rtl.blocks.module import RtlModule
from rtl.bus.axi import read_word_layout
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    NUMBER_BITS,
    Load,
    input_write_layout,
    layer_layout,
    previous_write_layout,
    tag_layout,
    vector_address_shape,
    vector_write_layout,
    weights_bus_layout,
)
from rtl.tile.layouts import index_shape


class Receiver(RtlModule):
    """Sorts the words of reads, which come in the order in which the loader asked for them.

    Ports: ``tags`` tells what the next reads are, at most ``LOADS_UNDER_WAY`` of them waiting;
    ``i`` the words, always ready; ``weights``, ``input_write``, ``previous``, ``vector`` and
    ``output``: buses to the buffers, a cycle later. ``loaded`` has a bit per kind of load, high in
    the cycle of the last word of a read that fills its half, and ``came`` in that of each word.
    ``load`` is what the word before this cycle was, ``number`` that of its descriptor: in the cycle
    in which an error shows, that of the word that memory refused. ``descriptor`` is the last one.
    """

    LATENCY = 1
    module_name = "ditto_receiver"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "tags": In(stream.Signature(tag_layout())),
                "i": In(stream.Signature(read_word_layout(config))),
                "weights": Out(weights_bus_layout(config)),
                "input_write": Out(input_write_layout(config)),
                "previous": Out(previous_write_layout(config)),
                "vector": Out(vector_write_layout(config)),
                "output": Out(vector_write_layout(config)),
                "loaded": Out(unsigned(len(Load))),
                "came": Out(unsigned(len(Load))),
                "load": Out(unsigned(3)),
                "number": Out(unsigned(NUMBER_BITS)),
                "descriptor": Out(layer_layout()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, units = self.config, Units.of(self.config)
        word = self.i.payload.data
        tags = [
            Signal(tag_layout(), name=f"tag{n}", reset_less=True) for n in range(LOADS_UNDER_WAY)
        ]
        filled = Signal(LOADS_UNDER_WAY)
        kept = Signal(LOADS_UNDER_WAY)
        accept, ends, push = Signal(), Signal(), Signal()
        tag = tags[0]
        m.d.comb += [
            self.i.ready.eq(1),
            accept.eq(self.i.valid & filled[0]),
            ends.eq(accept & self.i.payload.last),
            self.tags.ready.eq(~filled[-1]),
            push.eq(self.tags.valid & self.tags.ready),
            kept.eq(Mux(ends, filled >> 1, filled)),
            self.loaded.eq((ends & tag.fills) << tag.load),
            self.came.eq(accept << tag.load),
        ]
        m.d.sync += filled.eq(Mux(push, (kept << 1) | 1, kept))
        with m.If(accept):
            m.d.sync += [self.number.eq(tag.number), self.load.eq(tag.load)]
        for n, one in enumerate(tags):
            with m.If(~kept[n]):
                m.d.sync += one.eq(self.tags.payload)
            with m.Elif(ends):
                m.d.sync += one.eq(tags[n + 1] if n + 1 < LOADS_UNDER_WAY else 0)

        self._weights(m, units, tag, word, accept, ends)

        entry = Signal(ADDRESS_BITS)
        part = Signal(units.entry_words, init=1)
        input_word = accept & ((tag.load == Load.INPUTS) | (tag.load == Load.REFERENCE))
        whole = part[-1]
        with m.If(ends):
            m.d.sync += [entry.eq(0), part.eq(1)]
        with m.Elif(input_word):
            m.d.sync += [entry.eq(entry + whole), part.eq(Cat(part[-1], part[:-1]))]
        m.d.sync += [
            self.input_write.inputs.eq(input_word & (tag.load == Load.INPUTS)),
            self.input_write.reference.eq(input_word & ((tag.load == Load.REFERENCE) | tag.both)),
            self.input_write.slot.eq(tag.slot),
            self.input_write.entry.eq(tag.entry + entry),
            self.input_write.part.eq(part),
            self.input_write.data.eq(word),
            *(self.input_write[name].eq(tag[name]) for name in ("origin", "step", "span")),
        ]

        address = Signal(index_shape(config.previous_words))
        previous_word = accept & (tag.load == Load.PREVIOUS)
        with m.If(ends):
            m.d.sync += address.eq(0)
        with m.Elif(previous_word):
            m.d.sync += address.eq(address + 1)
        m.d.sync += [
            self.previous.valid.eq(previous_word),
            self.previous.slot.eq(tag.slot),
            self.previous.address.eq(address),
            self.previous.data.eq(word),
        ]
        vector_word = accept & (tag.load == Load.VECTOR)
        output_word = accept & ((tag.load == Load.OUTPUT) | (tag.load == Load.ADDENDS))
        outputs = Signal()
        place = Signal(vector_address_shape(config))
        with m.If(ends):
            m.d.sync += place.eq(0)
        with m.Elif(vector_word | output_word):
            m.d.sync += place.eq(place + 1)
        m.d.sync += [
            self.vector.valid.eq(vector_word),
            self.vector.buffer.eq(tag.buffer),
            self.vector.slot.eq(tag.slot),
            self.vector.address.eq(tag.entry + place),
            self.vector.data.eq(word),
            outputs.eq(output_word),
        ]
        m.d.comb += [self.output.eq(self.vector), self.output.valid.eq(outputs)]
        with m.If(accept & (tag.load == Load.DESCRIPTOR)):
            bits = Cat(self.descriptor.as_value(), word)
            m.d.sync += self.descriptor.as_value().eq(bits[len(word) :])
        return m

    def _weights(self, m: Module, units: Units, tag, word, accept, ends) -> None:
        """Collects the words of a row of weights, and counts lanes, addresses and tiles."""
        config = self.config
        lane = Signal(index_shape(config.lanes))
        address = Signal(index_shape(config.weight_depth))
        beat = Signal(ROW_BITS)
        place = Signal(range(max(2, config.beat_elements)))
        tile = Signal(config.tiles_n, init=1)
        row_words = units.weight_row_words
        row_word = Signal(range(max(2, row_words)))
        collected = Signal(8 * config.bus_bytes * row_words)
        taken = accept & (tag.load == Load.WEIGHTS)
        row_ends = Signal()
        beat_ends = Signal()
        m.d.comb += [
            row_ends.eq(row_word == row_words - 1),
            beat_ends.eq(place == config.beat_elements - 1),
            collected[-len(word) :].eq(word),
        ]
        if row_words > 1:
            earlier = Signal(8 * config.bus_bytes * (row_words - 1), reset_less=True)
            with m.If(taken):
                m.d.sync += earlier.eq(Cat(earlier, word)[len(word) :])
            m.d.comb += collected[: len(earlier)].eq(earlier)
        with m.If(taken):
            m.d.sync += row_word.eq(Mux(row_ends, 0, row_word + 1))
        with m.If(taken & row_ends):
            m.d.sync += [
                lane.eq(Mux(lane == config.lanes - 1, 0, lane + 1)),
                place.eq(Mux(beat_ends, 0, place + 1)),
                address.eq(address + (lane == config.lanes - 1)),
            ]
            with m.If(beat_ends):
                m.d.sync += beat.eq(beat + 1)
                with m.If(beat + 1 == tag.beats):
                    m.d.sync += [
                        beat.eq(0),
                        address.eq(0),
                        tile.eq(Cat(tile[-1], tile[:-1])),
                    ]
        with m.If(ends):
            m.d.sync += [
                lane.eq(0),
                address.eq(0),
                beat.eq(0),
                place.eq(0),
                tile.eq(1),
                row_word.eq(0),
            ]
        half = Mux(tag.slot, units.half_beats * config.lane_elements, 0)
        m.d.sync += [
            self.weights.valid.eq(Mux(taken & row_ends, tile, 0)),
            self.weights.lane.eq(lane),
            self.weights.address.eq(address + half),
            self.weights.data.eq(collected),
        ]
