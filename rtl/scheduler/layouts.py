"""Payloads and buses between the modules of the accelerator above its tiles."""

from enum import IntEnum

from amaranth.hdl import Shape, signed, unsigned
from amaranth.lib import data

from golden.accelerator.counters import CAUSES, KINDS, VECTOR_CAUSES
from golden.accelerator.descriptor import FIELDS
from golden.accelerator.units import ROW_BITS, Units
from golden.machine.config import MachineConfig
from golden.vector.descriptor import FIELDS as VECTOR_FIELDS
from golden.vector.descriptor import PARAMETER_BYTES, TABLE_BYTES
from rtl.tile.layouts import index_shape

ADDRESS_BITS = 32
NUMBER_BITS = 32
"""Of a descriptor in its queue"""
PROGRESS_BITS = 16
"""Of the transfers of a vector layer's output that memory has; if it has more, of as many as fit"""
LINE_BITS = 18
"""Signed number of an input line or pixel, padding included"""


class Load(IntEnum):
    """What a read from memory brings."""

    WEIGHTS = 0
    INPUTS = 1
    REFERENCE = 2
    PREVIOUS = 3
    DESCRIPTOR = 4
    VECTOR = 5
    OUTPUT = 6
    ADDENDS = 7


class Buffer(IntEnum):
    """Where a word that the vector unit or the output stage reads from memory belongs."""

    A = 0
    B = 1
    PARAMETERS = 2
    TABLE = 3


def layer_layout() -> data.StructLayout:
    """A descriptor, bit for bit as it lies in memory (:mod:`golden.accelerator.descriptor`)."""
    return data.StructLayout(
        {f.name: signed(f.bits) if f.signed else unsigned(f.bits) for f in FIELDS}
    )


def vector_layout() -> data.StructLayout:
    """A vector descriptor, bit for bit as it lies in memory (:mod:`golden.vector.descriptor`)."""
    return data.StructLayout(
        {f.name: signed(f.bits) if f.signed else unsigned(f.bits) for f in VECTOR_FIELDS}
    )


def beat_address_shape(config: MachineConfig) -> Shape:
    """Address of a beat in one half of an input buffer."""
    return index_shape(config.input_beats)


def result_row_shape(config: MachineConfig) -> Shape:
    """Row in one half of a result buffer."""
    return index_shape(config.accumulator_depth)


def pass_layout() -> data.StructLayout:
    """The pass that all tiles are in: stable from ``start`` until they are done.

    ``chunk_beats`` is the length of its chunk, the slots say which half of the buffers it uses.
    """
    return data.StructLayout(
        {
            "start": unsigned(1),
            "chunk_beats": unsigned(ROW_BITS),
            "first_chunk": unsigned(1),
            "last_chunk": unsigned(1),
            "weights_slot": unsigned(1),
            "inputs_slot": unsigned(1),
            "results_slot": unsigned(1),
        }
    )


def input_write_layout(config: MachineConfig) -> data.StructLayout:
    """A bus word on its way to the input buffers.

    ``entry`` is its place in the tensor, ``part`` its place in the entry. A row of tiles takes
    it if it lies less than ``span`` entries after its first one, which is ``origin`` for the first
    row of tiles and ``step`` entries later from one to the next.
    """
    units = Units.of(config)
    return data.StructLayout(
        {
            "inputs": unsigned(1),
            "reference": unsigned(1),
            "slot": unsigned(1),
            "entry": unsigned(ADDRESS_BITS),
            **{name: unsigned(ADDRESS_BITS) for name in ("origin", "step", "span")},
            "part": unsigned(units.entry_words),
            "data": unsigned(8 * config.bus_bytes),
        }
    )


def weights_bus_layout(config: MachineConfig) -> data.StructLayout:
    """A row of weights on its way to the tiles; ``valid`` has a bit for each column of tiles."""
    return data.StructLayout(
        {
            "valid": unsigned(config.tiles_n),
            "lane": index_shape(config.lanes),
            "address": index_shape(config.weight_depth),
            "data": unsigned(8 * config.columns),
        }
    )


def word_address_layout(config: MachineConfig) -> data.StructLayout:
    """Which bus word of the results is read: row of tiles, row, tile, group of columns, word."""
    units = Units.of(config)
    return data.StructLayout(
        {
            "enable": unsigned(1),
            "slot": unsigned(1),
            "tile_row": index_shape(config.tiles_m),
            "row": result_row_shape(config),
            "tile": index_shape(config.tiles_n),
            "group": index_shape(config.column_groups),
            "word": index_shape(units.group_words),
        }
    )


def previous_write_layout(config: MachineConfig) -> data.StructLayout:
    """A bus word of previous accumulators on its way to their buffer."""
    return data.StructLayout(
        {
            "valid": unsigned(1),
            "slot": unsigned(1),
            "address": index_shape(config.previous_words),
            "data": unsigned(8 * config.bus_bytes),
        }
    )


def vector_address_shape(config: MachineConfig) -> Shape:
    """Of a bus word in the largest buffer of the vector unit: elements, parameters or table."""
    parameters = config.vector_channels * PARAMETER_BYTES // config.bus_bytes
    return index_shape(max(config.vector_words, parameters, TABLE_BYTES // config.bus_bytes))


def vector_write_layout(config: MachineConfig) -> data.StructLayout:
    """A bus word on its way to a buffer of the vector unit or of the output stage."""
    return data.StructLayout(
        {
            "valid": unsigned(1),
            "buffer": unsigned(2),
            "slot": unsigned(1),
            "address": vector_address_shape(config),
            "data": unsigned(config.bus_bits),
        }
    )


def tag_layout() -> data.StructLayout:
    """What the words of a read are, from the loader to the receiver.

    ``number`` is that of the descriptor, ``fills`` says that the half is full afterwards, ``both``
    that inputs are the reference too. ``beats`` is the length of the weights' chunk, ``entry`` the
    first entry of inputs, or the first word in a ``buffer`` of vector layers; ``origin``,
    ``step`` and ``span`` as in :func:`input_write_layout`.
    """
    return data.StructLayout(
        {
            "load": unsigned(3),
            "number": unsigned(NUMBER_BITS),
            "slot": unsigned(1),
            "fills": unsigned(1),
            "both": unsigned(1),
            "buffer": unsigned(2),
            "beats": unsigned(ROW_BITS),
            **{name: unsigned(ADDRESS_BITS) for name in ("entry", "origin", "step", "span")},
        }
    )


def bus_error_layout() -> data.StructLayout:
    """An error of a bus engine: AXI's response, and the address of its burst."""
    return data.StructLayout(
        {"error": unsigned(1), "response": unsigned(2), "address": unsigned(ADDRESS_BITS)}
    )


def status_layout() -> data.StructLayout:
    """What the queue does and did.

    ``finished`` and ``failed`` are high in the queue's last cycle, ``layer_done`` in the last one
    of a layer that asks for an interrupt; ``done`` and ``error`` tell the same afterwards.
    ``code``, ``address`` and ``number`` (of the descriptor) belong to the error. ``layers`` are
    done, ``layer_cycles`` those from the end of the layer before to that of the last one.
    """
    return data.StructLayout(
        {
            "busy": unsigned(1),
            "finished": unsigned(1),
            "failed": unsigned(1),
            "layer_done": unsigned(1),
            "done": unsigned(1),
            "error": unsigned(1),
            "code": unsigned(8),
            "address": unsigned(ADDRESS_BITS),
            "number": unsigned(NUMBER_BITS),
            "layers": unsigned(NUMBER_BITS),
            "layer_cycles": unsigned(64),
        }
    )


def events_layout() -> data.StructLayout:
    """What is counted in a cycle: its cause, while the queue is busy, the words that moved, and
    what the vector unit does, while it has a layer.

    Names are those of :mod:`golden.accelerator.counters`.
    """
    return data.StructLayout(
        {
            "causes": data.StructLayout({name: unsigned(1) for name in CAUSES}),
            "words": data.StructLayout({name: unsigned(1) for name in KINDS}),
            "vector": data.StructLayout({name: unsigned(1) for name in VECTOR_CAUSES}),
        }
    )
