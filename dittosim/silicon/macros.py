"""The memory macros of a machine, counted without its Verilog."""

from collections.abc import Mapping

from dittosim.silicon.design import SMALLEST_MACRO, Memory
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from rtl.flow.layouts import entry_layout
from rtl.scheduler.layouts import result_row_shape
from rtl.vector.layouts import PARAMETER_BITS, SLOTS
from rtl.vector.statistics import STATISTICS_BITS
from rtl.vector.table import table_words


def machine_macros(config: MachineConfig) -> Mapping[tuple[str, Memory], int]:
    """How many macros of which size all instances of a module have together.

    Modules by their names without ``ditto_``; those of
    :meth:`dittosim.silicon.design.Design.memories`, smaller memories are flip-flops.
    """
    units = Units.of(config)
    tiles = config.tiles_m * config.tiles_n
    columns = tiles * config.columns
    lanes = config.vector_lanes
    wide = 32 * lanes
    wide_depth = SLOTS * config.vector_words * config.bus_bits // wide
    channel_rows = max(2, config.vector_channels // lanes)
    parameters = PARAMETER_BITS * lanes, channel_rows
    found: dict[tuple[str, Memory], int] = {}
    for module, count, width, depth in (
        ("weight_bank", columns * config.lanes, 8, config.weight_depth),
        ("accumulator", columns, 32, config.accumulator_depth),
        ("result_bank", tiles * config.column_groups, 32 * config.group_columns, _rows(config)),
        ("input_buffer", 2 * config.tiles_m, 8 * units.entry_bytes, 2 * units.slot_entries),
        ("store", 1, config.bus_bits, 2 * config.previous_words),
        ("defo_unit", 1, entry_layout(config).size, config.defo_entries),
        ("output_stage", 2, wide, wide_depth),
        ("output_stage", 1, *parameters),
        ("vector_engine", 3, wide, wide_depth),
        ("vector_engine", 1, *parameters),
        ("vector_statistics", 1, STATISTICS_BITS * lanes, channel_rows),
        ("vector_table", 2 * lanes, config.bus_bits, table_words(config)),
        ("accelerator", 1, config.bus_bits, config.scratchpad_bytes // config.bus_bytes),
    ):
        memory = Memory(width, depth, reads=1, writes=1)
        if memory.bits >= SMALLEST_MACRO:
            key = module, memory
            found[key] = found.get(key, 0) + count
    return found


def _rows(config: MachineConfig) -> int:
    return 2 << result_row_shape(config).width
