"""The vector unit: loader, engine and store of vector layers."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import NUMBER_BITS, tag_layout, vector_layout, vector_write_layout
from rtl.vector.engine import VectorEngine
from rtl.vector.loader import VectorLoader
from rtl.vector.store import VectorStore


class VectorUnit(RtlModule):
    """Runs one vector layer at a time, memory to memory (docs/vector.md).

    Ports: ``start`` takes ``descriptor`` on, with its ``number``, when the unit is not ``active``;
    ``ended`` is high in the last cycle in which it is, or when the parameters of a fused layer are
    there: it is then done itself, but goes on with the results of the product behind it, which come
    from ``source``; ``streaming`` says that they may, ``cancel`` that they will not. ``configures``
    is all of ``active`` before. Writes are asked for as by the store of products. ``interrupt`` is
    that of the layer.
    ``commands``, ``tags``, ``word`` and ``loaded`` as those of the loader and the receiver, and
    ``write_commands``, ``write_words`` and ``completed`` as those of the store.
    """

    module_name = "ditto_vector_unit"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "descriptor": In(vector_layout()),
                "number": In(unsigned(NUMBER_BITS)),
                "start": In(1),
                "cancel": In(1),
                "active": Out(1),
                "configures": Out(1),
                "streaming": Out(1),
                "ended": Out(1),
                "interrupt": Out(1),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
                "word": In(vector_write_layout(config)),
                "loaded": In(1),
                "source": In(stream.Signature(unsigned(config.bus_bits))),
                "source_free": Out(1),
                "exhausted": In(1),
                "may_write": In(1),
                "writes": Out(1),
                "write_commands": Out(stream.Signature(transfer_layout())),
                "write_words": Out(stream.Signature(unsigned(config.bus_bits))),
                "completed": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layer = Signal(vector_layout(), reset_less=True)
        number = Signal(NUMBER_BITS, reset_less=True)
        loader = self.instantiate(m, "loader", VectorLoader(self.config))
        engine = self.instantiate(m, "engine", VectorEngine(self.config))
        store = self.instantiate(m, "store", VectorStore(self.config))
        streamed = Signal(reset_less=True)
        with m.If(self.start):
            m.d.sync += [layer.eq(self.descriptor), number.eq(self.number), self.active.eq(1)]
            m.d.sync += streamed.eq(0)
        with m.Elif(store.ended | self.cancel):
            m.d.sync += self.active.eq(0)
        with m.If(loader.streaming):
            m.d.sync += streamed.eq(1)
        for part in (loader, engine, store):
            m.d.comb += [part.layer.eq(layer), part.start.eq(self.start)]
        m.d.comb += [
            loader.number.eq(number),
            loader.freed.eq(engine.freed),
            engine.word.eq(self.word),
            engine.loaded.eq(Mux(layer.fused, loader.stream_loaded, self.loaded)),
            engine.stream.eq(loader.stream),
            loader.cancel.eq(self.cancel),
            store.cancel.eq(self.cancel),
            loader.exhausted.eq(self.exhausted),
            self.source_free.eq(loader.source_free),
            self.streaming.eq(loader.streaming),
            self.configures.eq(self.active & ~loader.streaming & ~streamed),
            store.may_begin.eq(self.may_write),
            self.writes.eq(store.writes),
            *joined(self.source, loader.source),
            engine.drained.eq(store.drained),
            engine.read.eq(store.read),
            engine.slot.eq(store.slot),
            engine.address.eq(store.address),
            store.word.eq(engine.o),
            store.filled.eq(engine.filled),
            store.completed.eq(self.completed),
            self.ended.eq(Mux(layer.fused, self.active & self.loaded, store.ended)),
            self.interrupt.eq(layer.interrupt),
            *joined(loader.commands, self.commands),
            *joined(loader.tags, self.tags),
            *joined(store.commands, self.write_commands),
            *joined(store.words, self.write_words),
        ]
        return m
