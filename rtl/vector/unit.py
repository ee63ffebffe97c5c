"""The vector unit: loader, engine and store of vector layers."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import (
    NUMBER_BITS,
    PROGRESS_BITS,
    tag_layout,
    vector_layout,
    vector_write_layout,
)
from rtl.vector.engine import VectorEngine
from rtl.vector.loader import VectorLoader
from rtl.vector.store import VectorStore


class VectorUnit(RtlModule):
    """Runs one vector layer at a time, memory to memory (docs/vector.md).

    Ports: ``start`` takes ``descriptor`` on, with its ``number``, when the unit is not ``active``;
    ``ended`` is high in the last cycle in which it is; ``progress`` counts the transfers of its
    output that memory has. A product with output may be ``output_active`` at the start, until it
    has ``output_ended``; ``output_progress`` counts the transfers of that. While it is active it
    ``computes``, or the next block has not come (``loads``), or waits for room for its output, or
    all that is left is to store the last ones (``stores``).
    ``commands``, ``tags``, ``word`` and ``loaded`` as those of the loader and the receiver, and
    ``write_commands``, ``write_words`` and ``completed`` as those of the store; a block of its
    output begins when it ``may_write``, and ``writes`` until its last word is taken.
    """

    module_name = "ditto_vector_unit"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "descriptor": In(vector_layout()),
                "number": In(unsigned(NUMBER_BITS)),
                "start": In(1),
                "active": Out(1),
                "ended": Out(1),
                "progress": Out(unsigned(PROGRESS_BITS)),
                "output_active": In(1),
                "output_ended": In(1),
                "output_progress": In(unsigned(PROGRESS_BITS)),
                "computes": Out(1),
                "loads": Out(1),
                "stores": Out(1),
                "commands": Out(stream.Signature(transfer_layout())),
                "tags": Out(stream.Signature(tag_layout())),
                "word": In(vector_write_layout(config)),
                "loaded": In(1),
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
        with m.If(self.start):
            m.d.sync += [layer.eq(self.descriptor), number.eq(self.number), self.active.eq(1)]
        with m.Elif(store.ended):
            m.d.sync += self.active.eq(0)
        # The product with output that was issued last before the layer: others wait for its end.
        behind = Signal()
        with m.If(self.start | self.output_ended):
            m.d.sync += behind.eq(self.start & self.output_active & ~self.output_ended)
        for part in (loader, engine, store):
            m.d.comb += [part.layer.eq(layer), part.start.eq(self.start)]
        stores = engine.waits_stores | (engine.waits_loads & ~loader.busy)
        m.d.comb += [
            self.loads.eq(self.active & engine.waits_loads & loader.busy),
            self.stores.eq(self.active & stores),
            self.computes.eq(self.active & ~engine.waits_loads & ~engine.waits_stores),
            loader.number.eq(number),
            loader.behind.eq(behind),
            loader.progress.eq(self.output_progress),
            loader.freed.eq(engine.freed),
            engine.word.eq(self.word),
            engine.loaded.eq(self.loaded),
            store.may_begin.eq(self.may_write),
            self.writes.eq(store.writes),
            engine.drained.eq(store.drained),
            engine.read.eq(store.read),
            engine.slot.eq(store.slot),
            engine.address.eq(store.address),
            store.word.eq(engine.o),
            store.filled.eq(engine.filled),
            store.completed.eq(self.completed),
            self.ended.eq(store.ended),
            self.progress.eq(store.progress),
            *joined(loader.commands, self.commands),
            *joined(loader.tags, self.tags),
            *joined(store.commands, self.write_commands),
            *joined(store.words, self.write_words),
        ]
        return m
