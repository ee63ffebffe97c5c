"""The core: array, scheduler and queue, between streams of reads and writes."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from rtl.array.array import Array
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.bus.axi import read_word_layout, transfer_layout
from rtl.flow.defo_unit import DefoUnit
from rtl.flow.layouts import INDEX_BITS, STEP_BITS, entry_layout
from rtl.scheduler.layer_queue import LayerQueue
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    Load,
    bus_error_layout,
    events_layout,
    status_layout,
)
from rtl.scheduler.loader import Loader
from rtl.scheduler.receiver import Receiver
from rtl.scheduler.sequencer import Sequencer
from rtl.scheduler.store import Store
from rtl.vector.unit import VectorUnit


class Core(RtlModule):
    """All of the accelerator except its bus engines and registers.

    Ports: ``go``, ``abort``, ``base``, ``count`` and ``status`` of
    :class:`rtl.scheduler.layer_queue.LayerQueue`; ``defo_*`` those of the host's side of
    :class:`rtl.flow.defo_unit.DefoUnit`; ``events`` to be counted
    (:func:`rtl.scheduler.layouts.events_layout`); ``read_commands`` and ``read_data`` to and
    from the reader, ``write_commands``, ``write_data`` and ``completed`` (a pulse when memory has
    a command's words) of the writer, ``read_error`` and ``write_error`` of both;
    ``clear_read_error`` (:class:`rtl.scheduler.receiver.Receiver`).
    """

    module_name = "ditto_core"

    @classmethod
    def check(cls, config: MachineConfig) -> None:
        """See :meth:`golden.accelerator.units.Units.of`."""
        Units.of(config)

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "go": In(1),
                "abort": In(1),
                "base": In(unsigned(ADDRESS_BITS)),
                "count": In(unsigned(32)),
                "status": Out(status_layout()),
                "defo_step": In(unsigned(STEP_BITS)),
                "defo_plus": In(1),
                "defo_index": In(unsigned(INDEX_BITS)),
                "defo_entry": Out(entry_layout(config)),
                "events": Out(events_layout()),
                "read_commands": Out(stream.Signature(transfer_layout())),
                "read_data": In(stream.Signature(read_word_layout(config))),
                "read_error": In(bus_error_layout()),
                "clear_read_error": Out(1),
                "write_commands": Out(stream.Signature(transfer_layout())),
                "write_data": Out(stream.Signature(unsigned(8 * config.bus_bytes))),
                "completed": In(1),
                "write_error": In(bus_error_layout()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        queue = self.instantiate(m, "queue", LayerQueue(config))
        loader = self.instantiate(m, "loader", Loader(config))
        receiver = self.instantiate(m, "receiver", Receiver(config))
        sequencer = self.instantiate(m, "sequencer", Sequencer(config))
        store = self.instantiate(m, "store", Store(config))
        array = self.instantiate(m, "array", Array(config))
        vector = self.instantiate(m, "vector", VectorUnit(config))
        defo = self.instantiate(m, "defo", DefoUnit(config))
        loaded = receiver.loaded
        # A layer goes from the queue through loader and sequencer to the store, and each of them
        # may be a layer ahead of the next.
        m.d.comb += [
            queue.free.eq(loader.free),
            loader.start.eq(queue.start),
            loader.descriptor.eq(receiver.descriptor),
            loader.number.eq(queue.number),
            loader.alone.eq(queue.alone),
            loader.taken.eq(sequencer.start),
            sequencer.start.eq(loader.offered & sequencer.free),
            sequencer.next_layer.eq(loader.layer),
            sequencer.taken.eq(store.start),
            store.start.eq(sequencer.offered & store.free),
            store.next_layer.eq(sequencer.layer),
            queue.ended.eq(store.ended | vector.ended),
            queue.interrupt.eq(Mux(vector.ended, vector.interrupt, store.layer.interrupt)),
            queue.streaming.eq(vector.streaming),
            vector.cancel.eq(queue.cancel),
            vector.start.eq(queue.start_vector),
            vector.number.eq(queue.number),
            vector.descriptor.as_value().eq(receiver.descriptor.as_value()),
            vector.word.eq(receiver.vector),
            vector.loaded.eq(loaded[Load.VECTOR]),
            array.layer.eq(sequencer.layer),
        ]
        m.d.comb += [
            queue.go.eq(self.go),
            queue.abort.eq(self.abort),
            queue.base.eq(self.base),
            queue.count.eq(self.count),
            self.status.eq(queue.status),
            queue.loaded.eq(loaded[Load.DESCRIPTOR]),
            queue.descriptor.eq(receiver.descriptor),
            queue.read_error.eq(self.read_error),
            queue.read_number.eq(receiver.number),
            queue.fetch_failed.eq(receiver.fetch_failed),
            self.clear_read_error.eq(receiver.fetch_failed),
            queue.write_error.eq(self.write_error),
        ]
        m.d.comb += [
            defo.busy.eq(queue.status.busy),
            defo.step.eq(self.defo_step),
            defo.plus.eq(self.defo_plus),
            defo.index.eq(self.defo_index),
            self.defo_entry.eq(defo.entry),
            defo.descriptor.as_value().eq(receiver.descriptor.as_value()),
            defo.begins.eq(queue.chooses),
            defo.ends.eq(queue.leaves),
            queue.choice_code.eq(defo.code),
            queue.choice_address.eq(defo.wrong_address),
            queue.variant_address.eq(defo.first),
            queue.variant_count.eq(defo.count),
        ]
        # The queue goes first: a descriptor is short, and the loaders have two halves of room. Of
        # these only one has something to load at a time.
        asks = queue.command.valid
        runs = vector.configures
        wanted, tag = Signal.like(loader.commands.payload), Signal.like(loader.tags.payload)
        m.d.comb += [
            wanted.eq(Mux(runs, vector.commands.payload, loader.commands.payload)),
            tag.eq(Mux(runs, vector.tags.payload, loader.tags.payload)),
            self.read_commands.payload.eq(Mux(asks, queue.command.payload, wanted)),
            self.read_commands.valid.eq(
                (asks & receiver.tags.ready) | loader.commands.valid | vector.commands.valid
            ),
            queue.command.ready.eq(self.read_commands.ready & receiver.tags.ready),
            receiver.tags.payload.eq(tag),
            receiver.tags.valid.eq(
                Mux(asks, self.read_commands.ready, loader.tags.valid | vector.tags.valid)
            ),
        ]
        for part in (loader, vector):
            m.d.comb += [
                part.commands.ready.eq(self.read_commands.ready & ~asks),
                part.tags.ready.eq(receiver.tags.ready & ~asks),
            ]
        with m.If(asks):
            tag = receiver.tags.payload
            m.d.comb += [
                tag.load.eq(Load.DESCRIPTOR),
                tag.number.eq(queue.number),
                tag.fills.eq(1),
            ]
        m.d.comb += [
            *joined(self.read_data, receiver.i),
            receiver.failed.eq(self.read_error.error),
            loader.freed.eq(sequencer.freed | (store.freed << Load.PREVIOUS)),
            sequencer.loaded.eq(loaded),
            sequencer.drained.eq(store.drained),
            sequencer.busy.eq(array.busy),
            array.control.eq(sequencer.control),
            array.tile_block.eq(sequencer.tile_block),
            array.line.eq(sequencer.line),
            array.input_write.eq(receiver.input_write),
            array.weights.eq(receiver.weights),
            array.address.eq(store.address),
            store.word.eq(array.o),
            store.filled.eq(sequencer.filled),
            store.loaded.eq(loaded[Load.PREVIOUS]),
            store.previous.eq(receiver.previous),
        ]
        self._write(m, store, vector)
        self._count(m, queue, loader, receiver, sequencer, store, vector)
        return m

    def _write(self, m: Module, store, vector) -> None:
        """Both stores share the write port, for a block at a time; that of products goes first."""
        turn = vector.writes
        m.d.comb += [
            store.may_write.eq(~vector.writes),
            vector.may_write.eq(~store.wants & ~store.writes),
            *joined(store.outputs, vector.source),
            store.output_free.eq(vector.source_free),
            store.output_active.eq(vector.active),
            vector.exhausted.eq(store.exhausted),
            self.write_commands.payload.eq(
                Mux(turn, vector.write_commands.payload, store.commands.payload)
            ),
            self.write_commands.valid.eq(
                Mux(turn, vector.write_commands.valid, store.commands.valid)
            ),
            self.write_data.payload.eq(Mux(turn, vector.write_words.payload, store.words.payload)),
            self.write_data.valid.eq(Mux(turn, vector.write_words.valid, store.words.valid)),
            store.commands.ready.eq(self.write_commands.ready & ~turn),
            store.words.ready.eq(self.write_data.ready & ~turn),
            vector.write_commands.ready.eq(self.write_commands.ready & turn),
            vector.write_words.ready.eq(self.write_data.ready & turn),
        ]
        # Whose commands memory has yet to complete, the oldest first.
        depth = self.config.outstanding_writes + 3
        whose, count = Signal(depth, reset_less=True), Signal(range(depth + 1))
        accepted = self.write_commands.valid & self.write_commands.ready
        kept, left = Signal(depth), Signal.like(count)
        m.d.comb += [
            kept.eq(Mux(self.completed, whose >> 1, whose)),
            left.eq(count - self.completed),
            store.completed.eq(self.completed & ~whose[0]),
            vector.completed.eq(self.completed & whose[0]),
        ]
        m.d.sync += [count.eq(left + accepted), whose.eq(kept)]
        with m.If(accepted):
            for place in range(depth):
                with m.If(left == place):
                    m.d.sync += whose[place].eq(turn)

    def _count(self, m: Module, queue, loader, receiver, sequencer, store, vector) -> None:
        """What to count in this cycle."""
        causes, words, waits = self.events.causes, self.events.words, sequencer.waits_results
        held = loader.held & ~loader.offered
        with m.If(vector.configures):
            m.d.comb += causes.vector.eq(1)
        with m.Elif(sequencer.active):
            m.d.comb += [
                causes.compute.eq(sequencer.running | sequencer.control.start),
                causes.weights.eq(sequencer.waits_weights & ~held),
                causes.inputs.eq(sequencer.waits_inputs & ~held),
                causes.dependency.eq((sequencer.waits_weights | sequencer.waits_inputs) & held),
                causes.previous.eq(waits & store.waits_previous),
                causes.results.eq(waits & ~store.waits_previous),
            ]
        with m.Elif(loader.offered & sequencer.offered):
            m.d.comb += causes.results.eq(1)
        with m.Elif(queue.drains & ~loader.offered):
            m.d.comb += causes.idle.eq(1)
        with m.Elif(queue.status.busy):
            m.d.comb += causes.fetch.eq(1)
        sent = self.write_data.valid & self.write_data.ready
        m.d.comb += [
            words.weights.eq(receiver.came[Load.WEIGHTS]),
            words.inputs.eq(receiver.came[Load.INPUTS]),
            words.references.eq(receiver.came[Load.REFERENCE]),
            words.previous.eq(receiver.came[Load.PREVIOUS]),
            words.descriptors.eq(receiver.came[Load.DESCRIPTOR]),
            words.vector_read.eq(receiver.came[Load.VECTOR]),
            words.vector_written.eq(sent & vector.writes),
            words.results.eq(sent & ~vector.writes),
        ]
