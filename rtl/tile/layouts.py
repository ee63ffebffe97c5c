"""Payloads of the streams inside a tile, and the widths that follow from the configuration."""

from amaranth.hdl import Shape, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from golden.formats.encoding import Encoding
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind


def index_shape(count: int) -> Shape:
    """Unsigned shape of an index below ``count``; never empty, so that every port exists."""
    return unsigned(max(1, bits_for(count - 1)))


def beat_layout(config: MachineConfig) -> data.StructLayout:
    """A beat at the input of the Encoding Unit.

    ``count`` elements are valid, the first ones; ``index`` is the beat's place in its row, and
    ``last`` marks the row's last beat.
    """
    return data.StructLayout(
        {
            "x": data.ArrayLayout(signed(8), config.beat_elements),
            "reference": data.ArrayLayout(signed(8), config.beat_elements),
            "count": unsigned(bits_for(config.beat_elements)),
            "index": index_shape(config.max_beats),
            "last": unsigned(1),
        }
    )


def element_layout(encoding: Encoding) -> data.StructLayout:
    """An encoded difference: its digits; those that are not zero are slots.

    Sign-magnitude keeps one sign for both digits.
    """
    if encoding is Encoding.SIGN_MAGNITUDE:
        fields = {"low": unsigned(4), "high": unsigned(4), "negative": unsigned(1)}
    else:
        fields = {"low": signed(4), "high": signed(6)}
    return data.StructLayout(fields)


def encoded_beat_layout(config: MachineConfig) -> data.StructLayout:
    """A beat at the output of the Encoding Unit."""
    return data.StructLayout(
        {
            "elements": data.ArrayLayout(element_layout(config.encoding), config.beat_elements),
            "index": index_shape(config.max_beats),
            "last": unsigned(1),
        }
    )


def row_shape(config: MachineConfig) -> Shape:
    """Number of a row among those between the Encoding Unit and their end, modulo their count."""
    return index_shape(config.rows_queued)


def lane_beat_layout(config: MachineConfig) -> data.StructLayout:
    """One lane's part of an encoded beat."""
    return data.StructLayout(
        {
            "elements": data.ArrayLayout(element_layout(config.encoding), config.lane_elements),
            "index": index_shape(config.max_beats),
            "row": row_shape(config),
        }
    )


def slot_layout(config: MachineConfig) -> data.StructLayout:
    """A slot as a lane pops it: a digit, its shift by 4, its weight's address, its row."""
    return data.StructLayout(
        {
            "digit": signed(config.digit_bits),
            "high": unsigned(1),
            "address": index_shape(config.weight_depth),
            "row": row_shape(config),
        }
    )


def lane_group_layout(config: MachineConfig) -> data.StructLayout:
    """What the lanes of a dense tile take in a cycle: a difference each, from one address.

    ``last`` ends the row.
    """
    return data.StructLayout(
        {
            "differences": data.ArrayLayout(signed(config.digit_bits), config.lanes),
            "address": index_shape(config.weight_depth),
            "last": unsigned(1),
        }
    )


def psum_row_shape(config: MachineConfig) -> Shape:
    """Which of a PE's partial sums a row uses."""
    return index_shape(config.rows_in_flight)


def operand_layout(config: MachineConfig) -> data.StructLayout:
    """A slot as the PEs see it, beside the weight; a dense tile's has no shift."""
    shift = {} if config.tile is TileKind.DENSE else {"high": unsigned(1)}
    return data.StructLayout(
        {"digit": signed(config.digit_bits), **shift, "row": psum_row_shape(config)}
    )


def operands_layout(config: MachineConfig) -> data.StructLayout:
    """What all PEs of a tile take in a cycle: an operand per lane; ``close`` ends ``close_row``."""
    return data.StructLayout(
        {
            "lanes": data.ArrayLayout(operand_layout(config), config.lanes),
            "close": unsigned(1),
            "close_row": psum_row_shape(config),
        }
    )


def pe_input_layout(config: MachineConfig) -> data.StructLayout:
    """What one PE takes in a cycle: the operands, and its own weight for each lane."""
    return data.StructLayout(
        {
            "operands": operands_layout(config),
            "weights": data.ArrayLayout(signed(8), config.lanes),
        }
    )


def weight_write_layout(config: MachineConfig) -> data.StructLayout:
    """A write to the weight banks: one weight for every column."""
    return data.StructLayout(
        {
            "lane": index_shape(config.lanes),
            "address": index_shape(config.weight_depth),
            "data": unsigned(8 * config.columns),
        }
    )


def stored_row_layout(config: MachineConfig) -> data.StructLayout:
    """A write to the accumulator buffer: int32 for one group of neighbouring columns."""
    return data.StructLayout(
        {
            "row": index_shape(config.accumulator_depth),
            "group": index_shape(config.column_groups),
            "data": unsigned(32 * config.group_columns),
        }
    )


def results_signature(config: MachineConfig) -> wiring.Signature:
    """A stream of result rows: int32 for every column, a payload for each group of columns."""
    group = unsigned(32 * config.group_columns)
    return wiring.Signature(
        {"payload": Out(group).array(config.column_groups), "valid": Out(1), "ready": In(1)}
    )


def job_layout(config: MachineConfig) -> data.StructLayout:
    """What the accumulator buffer does with the next ``last_row + 1`` rows.

    ``load`` adds the stored accumulators, ``carry`` the sum of this job's earlier rows, ``emit``
    sends the results out.
    """
    return data.StructLayout(
        {
            "last_row": index_shape(config.accumulator_depth),
            "load": unsigned(1),
            "carry": unsigned(1),
            "emit": unsigned(1),
        }
    )


def accumulate_layout(config: MachineConfig) -> data.StructLayout:
    """What all accumulators of a tile do in a cycle.

    With ``accept`` they add a partial sum to ``row``; ``next_row`` is the row that may be accepted
    in the next cycle, ``first`` says that ``row`` is the first of its job, and ``store_row`` is
    the row for data from outside.
    """
    row = index_shape(config.accumulator_depth)
    return data.StructLayout(
        {
            "accept": unsigned(1),
            "load": unsigned(1),
            "carry": unsigned(1),
            "first": unsigned(1),
            "row": row,
            "next_row": row,
            "store_row": row,
        }
    )


def column_control_layout(config: MachineConfig) -> data.StructLayout:
    """Everything that all columns of a tile share in a cycle."""
    address = index_shape(config.weight_depth)
    return data.StructLayout(
        {
            "write_lane": unsigned(config.lanes),
            "write_address": address,
            "addresses": data.ArrayLayout(address, config.lanes),
            "advance": unsigned(1),
            "operands": operands_layout(config),
            "operands_valid": unsigned(1),
            "accumulate": accumulate_layout(config),
        }
    )
