"""Sizes that follow from a machine's shape and its bus: in what units the accelerator moves data.

An *entry* is a place of the input buffer: a beat, or as many whole beats as a bus word holds. A
*row of weights* is one k of all columns of a tile, a *row of results* the int32 sums of one row.
"""

from dataclasses import dataclass

from golden.errors import DittosimError
from golden.machine.config import MachineConfig

ROW_BITS = 16
"""Rows of a pass and chunks of a layer are counted in so many bits."""


@dataclass(frozen=True)
class Units:
    """What one machine's data are measured in; :meth:`of` makes them."""

    bus_bytes: int
    entry_bytes: int
    entry_beats: int
    """Beats of an entry, a power of two"""
    entry_words: int
    """Bus words of an entry"""
    slot_entries: int
    """Entries of one half of the input buffer, a power of two"""
    half_beats: int
    """Beats of a row that one half of the weight banks holds: the longest chunk"""
    weight_row_words: int
    group_words: int
    """Bus words of one group of columns' results"""
    tile_row_words: int
    """Bus words of a tile's row of results"""
    row_words: int
    """Those of all tiles side by side"""

    @classmethod
    def of(cls, config: MachineConfig) -> "Units":
        """The units of a machine; DittosimError if it cannot be built into an accelerator."""
        beat, bus = config.beat_elements, config.bus_bytes
        if max(beat, bus) % min(beat, bus):
            raise DittosimError(
                f"bus_bytes = {bus}: must divide beat_elements = {beat} or be a multiple of it "
                "to make an accelerator; choose another bus or other beats"
            )
        entry_beats = max(1, bus // beat)
        if config.input_beats < entry_beats:
            raise DittosimError(
                f"input_beats = {config.input_beats}: a bus word holds {entry_beats} beats; "
                f"use at least {entry_beats}"
            )
        if config.max_beats < 2:
            raise DittosimError(
                f"weight_depth = {config.weight_depth}: one half of a weight bank must hold a "
                f"beat; use at least {2 * config.lane_elements}"
            )
        if config.accumulator_depth >= 1 << ROW_BITS:
            raise DittosimError(
                f"accumulator_depth = {config.accumulator_depth}: an accelerator counts rows in "
                f"{ROW_BITS} bits; use at most {(1 << ROW_BITS) - 1}"
            )
        group_words = -(-4 * config.group_columns // bus)
        tile_row_words = config.column_groups * group_words
        if config.previous_words < config.tiles_n * tile_row_words:
            raise DittosimError(
                f"previous_words = {config.previous_words}: a row of results has "
                f"{config.tiles_n * tile_row_words} bus words; use at least as many"
            )
        return cls(
            bus_bytes=bus,
            entry_bytes=max(beat, bus),
            entry_beats=entry_beats,
            entry_words=max(1, beat // bus),
            slot_entries=config.input_beats // entry_beats,
            half_beats=config.max_beats // 2,
            weight_row_words=-(-config.columns // bus),
            group_words=group_words,
            tile_row_words=tile_row_words,
            row_words=config.tiles_n * tile_row_words,
        )
