"""The core: array, scheduler and queue, between streams of reads and writes."""

from amaranth.hdl import Module, Signal, unsigned
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
from rtl.output.stage import OutputStage
from rtl.scheduler.layer_queue import LayerQueue
from rtl.scheduler.layouts import (
    ADDRESS_BITS,
    Load,
    bus_error_layout,
    events_layout,
    status_layout,
    tag_layout,
)
from rtl.scheduler.loader import Loader
from rtl.scheduler.receiver import Receiver
from rtl.scheduler.sequencer import Sequencer
from rtl.scheduler.store import Store
from rtl.scheduler.under_way import Kind
from rtl.top.read_port import share_reads
from rtl.top.write_port import CLIENTS, WritePort
from rtl.vector.unit import VectorUnit


class Core(RtlModule):
    """All of the accelerator except its bus engines and registers.

    Ports: ``go``, ``abort``, ``base``, ``count`` and ``status`` of
    :class:`rtl.scheduler.layer_queue.LayerQueue`; ``defo_*`` those of the host's side of
    :class:`rtl.flow.defo_unit.DefoUnit`; ``events`` to be counted
    (:func:`rtl.scheduler.layouts.events_layout`); ``read_commands`` and ``read_data`` to and
    from the reader, ``write_commands``, ``write_data`` and ``completed`` (a pulse when memory has
    a command's words) of the writer, ``read_error`` and ``write_error`` of both: each is to show
    for a cycle, the one after that of the refused word or response.
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
        output = self.instantiate(m, "output_stage", OutputStage(config))
        vector = self.instantiate(m, "vector", VectorUnit(config))
        writes = self.instantiate(m, "write_port", WritePort(config))
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
            loader.vector_active.eq(vector.active),
            loader.vector_ended.eq(vector.ended),
            loader.progress.eq(vector.progress),
            loader.taken.eq(sequencer.start),
            sequencer.start.eq(loader.offered & sequencer.free),
            sequencer.next_layer.eq(loader.layer),
            sequencer.taken.eq(store.start),
            store.start.eq(sequencer.offered & store.free),
            store.next_layer.eq(sequencer.layer),
            queue.ended[Kind.PRODUCT].eq(store.ended),
            queue.ended[Kind.VECTOR].eq(vector.ended),
            queue.ended[Kind.FUSED].eq(output.ended),
            queue.ended_output.eq(store.ended & store.layer.output),
            queue.vector_active.eq(vector.active),
            queue.output_active.eq(output.active),
            queue.streaming.eq(output.streaming),
            output.cancel.eq(queue.cancel),
            output.start.eq(queue.start_output),
            output.word.eq(receiver.output),
            output.loaded.eq(loaded[Load.OUTPUT]),
            output.addends_loaded.eq(loaded[Load.ADDENDS]),
            output.product_starts.eq(queue.start & receiver.descriptor.output),
            vector.start.eq(queue.start_vector),
            vector.output_active.eq(queue.puts_out),
            vector.output_ended.eq(queue.ended_output),
            vector.output_progress.eq(output.progress),
            vector.word.eq(receiver.vector),
            vector.loaded.eq(loaded[Load.VECTOR]),
            array.layer.eq(sequencer.layer),
        ]
        for unit in (output, vector):
            m.d.comb += [
                unit.number.eq(queue.number),
                unit.descriptor.as_value().eq(receiver.descriptor.as_value()),
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
            queue.read_load.eq(receiver.load),
            queue.write_error.eq(self.write_error),
            queue.write_vector.eq(writes.response_of == CLIENTS.index("vector")),
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
            queue.measured.eq(defo.measured),
        ]
        m.d.comb += [
            *joined(self.read_data, receiver.i),
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
        self._read(m, queue, output, loader, vector, receiver)
        self._write(m, writes, store, output, vector)
        self._count(m, queue, loader, receiver, sequencer, store, output, vector)
        return m

    def _read(self, m: Module, queue, output, loader, vector, receiver) -> None:
        """All that ask memory for something share the read port.

        A descriptor is short, and goes first; the output stage holds up the product behind it; the
        array is not to wait for the vector unit.
        """
        commands = stream.Signature(transfer_layout()).create(path=("descriptor_commands",))
        tags = stream.Signature(tag_layout()).create(path=("descriptor_tags",))
        m.d.comb += [
            commands.payload.eq(queue.command.payload),
            commands.valid.eq(queue.command.valid & tags.ready),
            tags.payload.load.eq(Load.DESCRIPTOR),
            tags.payload.number.eq(queue.number),
            tags.payload.fills.eq(1),
            tags.valid.eq(queue.command.valid & commands.ready),
            queue.command.ready.eq(commands.ready & tags.ready),
        ]
        clients = {
            "queue": (commands, tags),
            "output": (output.commands, output.tags),
            "loader": (loader.commands, loader.tags),
            "vector": (vector.commands, vector.tags),
        }
        share_reads(m, clients, self.read_commands, receiver.tags)

    def _write(self, m: Module, writes, store, output, vector) -> None:
        """Three stores share the write port; results of products pass the output stage, too."""
        m.d.comb += [
            *joined(store.outputs, output.source),
            store.output_free.eq(output.source_free),
            store.output_active.eq(output.active),
            output.exhausted.eq(store.exhausted),
            writes.products_wants.eq(store.wants),
            writes.products_writes.eq(store.writes),
            store.may_write.eq(writes.products_may_write),
            store.completed.eq(writes.products_completed),
            *joined(store.commands, writes.products_commands),
            *joined(store.words, writes.products_words),
            writes.output_wants.eq(output.wants),
            writes.output_writes.eq(output.writes),
            output.may_write.eq(writes.output_may_write),
            output.completed.eq(writes.output_completed),
            *joined(output.write_commands, writes.output_commands),
            *joined(output.write_words, writes.output_words),
            writes.vector_writes.eq(vector.writes),
            vector.may_write.eq(writes.vector_may_write),
            vector.completed.eq(writes.vector_completed),
            *joined(vector.write_commands, writes.vector_commands),
            *joined(vector.write_words, writes.vector_words),
            writes.completed.eq(self.completed),
            *joined(writes.commands, self.write_commands),
            *joined(writes.words, self.write_data),
        ]

    def _count(self, m: Module, queue, loader, receiver, sequencer, store, output, vector) -> None:
        """What to count in this cycle."""
        causes, words, waits = self.events.causes, self.events.words, sequencer.waits_results
        # What the loader holds is not what the sequencer waits for before that has its layer.
        products, vectors = Signal(), Signal()
        m.d.comb += [
            products.eq(loader.held_products & ~loader.offered),
            vectors.eq(loader.held_vectors & ~loader.held_products & ~loader.offered),
        ]
        with m.If(sequencer.active):
            operands = sequencer.waits_weights | sequencer.waits_inputs
            held = products | vectors
            m.d.comb += [
                causes.compute.eq(sequencer.running | sequencer.control.start),
                causes.weights.eq(sequencer.waits_weights & ~held),
                causes.inputs.eq(sequencer.waits_inputs & ~held),
                causes.dependency.eq(operands & products),
                causes.vector.eq(operands & vectors),
                causes.previous.eq(waits & store.waits_previous),
                causes.results.eq(waits & ~store.waits_previous),
            ]
        with m.Elif(loader.offered & sequencer.offered):
            m.d.comb += causes.results.eq(1)
        with m.Elif(vector.active | output.configures):
            m.d.comb += causes.vector.eq(1)
        with m.Elif(queue.drains & ~loader.offered):
            m.d.comb += causes.idle.eq(1)
        with m.Elif(queue.status.busy):
            m.d.comb += causes.fetch.eq(1)
        m.d.comb += [
            self.events.vector.compute.eq(vector.computes),
            self.events.vector.loads.eq(vector.loads),
            self.events.vector.stores.eq(vector.stores),
        ]
        sent = self.write_data.valid & self.write_data.ready
        m.d.comb += [
            words.weights.eq(receiver.came[Load.WEIGHTS]),
            words.inputs.eq(receiver.came[Load.INPUTS]),
            words.references.eq(receiver.came[Load.REFERENCE]),
            words.previous.eq(receiver.came[Load.PREVIOUS]),
            words.descriptors.eq(receiver.came[Load.DESCRIPTOR]),
            words.vector_read.eq(
                receiver.came[Load.VECTOR]
                | receiver.came[Load.OUTPUT]
                | receiver.came[Load.ADDENDS]
            ),
            words.vector_written.eq(sent & (output.writes | vector.writes)),
            words.results.eq(sent & ~output.writes & ~vector.writes),
        ]
