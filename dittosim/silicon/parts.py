"""The parts of a machine: which modules belong to each, and what their size depends on."""

from collections.abc import Mapping
from enum import StrEnum
from math import log2

from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind


class Part(StrEnum):
    """Modules that are there equally often, and grow with the same fields."""

    COLUMNS = "columns of PEs"
    ENCODERS = "encoders and lanes"
    FEEDERS = "feeders and buffers"
    VECTOR = "vector unit"
    OUTPUT = "output stage"
    SCHEDULER = "scheduler and bus"


_BEGINNINGS = {
    "accumulator_control": Part.ENCODERS,
    **dict.fromkeys(("pe", "column", "accumulator", "weight_bank"), Part.COLUMNS),
    **dict.fromkeys(("encoder", "lane_fifo", "dense_lanes", "tile"), Part.ENCODERS),
    **dict.fromkeys(("tile_row", "feeder", "input_buffer", "array", "result_bank"), Part.FEEDERS),
    "vector_check": Part.SCHEDULER,
    "vector": Part.VECTOR,
    "output": Part.OUTPUT,
}
"""Of modules' names; the longest that fits counts"""


def part_of(module: str) -> Part:
    """The part that a module of the Verilog belongs to; with or without ``ditto_``."""
    name = module.removeprefix("ditto_")
    fitting = [each for each in _BEGINNINGS if name.startswith(each)]
    return _BEGINNINGS[max(fitting, key=len)] if fitting else Part.SCHEDULER


ELEMENT_BITS = {"sign-magnitude": 9, "twos-complement": 10}
"""Of an element in a lane FIFO"""


def area_features(part: Part, config: MachineConfig) -> Mapping[str, float]:
    """What a part's area is linear in, summed over the whole machine.

    Of columns and encoders, which all machines have; of others DittosimError if the machine cannot
    be built into an accelerator.
    """
    tiles, dense = config.tiles_m * config.tiles_n, int(config.tile is TileKind.DENSE)
    match part:
        case Part.COLUMNS:
            columns = tiles * config.columns
            return {
                "column": columns,
                "multiplier_bit": columns * config.lanes * config.digit_bits * 8,
                "row_lane": columns * config.rows_in_flight * config.lanes,
                "psum_bit": columns * config.rows_in_flight * config.psum_bits,
            }
        case Part.ENCODERS:
            bits, encodes = ELEMENT_BITS[config.encoding], int(not dense)
            elements = tiles * config.beat_elements
            return {
                "tile": tiles,
                "lane": encodes * tiles * config.lanes,
                "element": encodes * elements,
                "stored_bit": encodes * elements * config.fifo_depth * bits,
                "dense_element": dense * elements,
                "dense_address": dense * tiles * config.lanes,
            }
        case Part.FEEDERS:
            groups = tiles * config.column_groups
            return {
                "row_of_tiles": config.tiles_m,
                "element": config.tiles_m * config.beat_elements,
                "result_bit": groups * Units.of(config).group_words * config.bus_bits,
            }
        case Part.VECTOR:
            lanes = config.vector_lanes
            return {"unit": 1, "lane": lanes, "bus_bit": config.bus_bits}
        case Part.OUTPUT:
            return {"unit": 1, "lane": config.vector_lanes, "bus_bit": config.bus_bits}
        case Part.SCHEDULER:
            return {
                "machine": 1,
                "bus_bit": config.bus_bits,
                "read_under_way": config.outstanding_reads,
            }


def clock_features(part: Part, config: MachineConfig) -> Mapping[str, float]:
    """What the longest path of a part is linear in."""
    found, dense = {"constant": 1.0}, float(config.tile is TileKind.DENSE)
    match part:
        case Part.COLUMNS:
            more = {"rows": config.rows_in_flight - 1, "dense": dense}
            return found | {"levels": log2(config.lanes), **more}
        case Part.ENCODERS:
            return {
                "encoding": 1 - dense,
                "dense": dense,
                "levels": (1 - dense) * log2(config.lane_elements),
            }
        case Part.FEEDERS:
            return found | {"levels": log2(config.beat_elements)}
        case Part.VECTOR | Part.OUTPUT:
            return found | {"levels": log2(config.vector_lanes)}
        case Part.SCHEDULER:
            return found | {"levels": log2(config.bus_bits)}
