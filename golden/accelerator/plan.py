"""How a layer is cut into passes on a machine.

A pass is what all tiles do at once: a block of rows (``tiles_m`` blocks of whole output lines, one
per row of tiles), a group of ``tiles_n * columns`` output channels, and a chunk of k. Chunks of
the same rows and channels follow each other, since their sums stay in the tiles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from golden.accelerator.shape import LayerShape
from golden.accelerator.units import Units
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig


@dataclass(frozen=True)
class Pass:
    """One pass, and which of its operands are not those of the pass before."""

    row_block: int
    group: int
    chunk: int
    new_inputs: bool
    new_weights: bool
    last_chunk: bool


@dataclass(frozen=True)
class Plan:
    """The cuts of a layer; all else follows."""

    shape: LayerShape
    config: MachineConfig
    lines: int
    """Output lines of a tile in a pass"""
    chunk_beats: int
    rows_outer: bool

    @cached_property
    def units(self) -> Units:
        """The machine's."""
        return Units.of(self.config)

    @cached_property
    def row_beats(self) -> int:
        """Beats of a row."""
        return self.shape.row_beats(self.config)

    @cached_property
    def chunks(self) -> int:
        """Chunks of a row."""
        return -(-self.row_beats // self.chunk_beats)

    @cached_property
    def last_chunk_beats(self) -> int:
        """Beats of a row's last chunk."""
        return self.row_beats - (self.chunks - 1) * self.chunk_beats

    @cached_property
    def group_columns(self) -> int:
        """Output channels of all tiles side by side."""
        return self.config.tiles_n * self.config.columns

    @cached_property
    def groups(self) -> int:
        """Groups of output channels."""
        return -(-self.shape.columns // self.group_columns)

    @cached_property
    def last_group_columns(self) -> int:
        """Output channels of the last group."""
        return self.shape.columns - (self.groups - 1) * self.group_columns

    @cached_property
    def last_tiles(self) -> int:
        """Tiles side by side that the last group needs."""
        return -(-self.last_group_columns // self.config.columns)

    @cached_property
    def last_row_words(self) -> int:
        """Bus words of a row of results of the last group."""
        config, units = self.config, self.units
        tile, column = divmod(self.last_group_columns - 1, config.columns)
        group, place = divmod(column, config.group_columns)
        word = 4 * place // config.bus_bytes
        return tile * units.tile_row_words + group * units.group_words + word + 1

    @cached_property
    def tile_blocks(self) -> int:
        """Blocks of lines."""
        return -(-self.shape.out_height // self.lines)

    @cached_property
    def row_blocks(self) -> int:
        """Blocks of rows."""
        return -(-self.tile_blocks // self.config.tiles_m)

    @cached_property
    def line_entries(self) -> int:
        """Input buffer entries of an input line."""
        beats = self.shape.width * self.shape.pixel_beats(self.config)
        return -(-beats // self.units.entry_beats)

    @cached_property
    def span_lines(self) -> int:
        """Input lines that a tile needs in a pass."""
        return (self.lines - 1) * self.shape.stride + self.shape.kernel

    def tile_rows(self, block: int) -> slice:
        """Rows of a block of lines."""
        size = self.lines * self.shape.out_width
        return slice(block * size, min((block + 1) * size, self.shape.rows))

    def block_rows(self, row_block: int) -> int:
        """Rows of a block of rows."""
        size = self.config.tiles_m * self.lines * self.shape.out_width
        return min(self.shape.rows - row_block * size, size)

    def row_words(self, group: int) -> int:
        """Bus words of a row of results."""
        return self.last_row_words if group == self.groups - 1 else self.units.row_words

    def beats(self, chunk: int) -> int:
        """Beats of a chunk."""
        return self.last_chunk_beats if chunk == self.chunks - 1 else self.chunk_beats

    def tiles(self, group: int) -> int:
        """Tiles side by side that have weights."""
        return self.last_tiles if group == self.groups - 1 else self.config.tiles_n

    def weight_words(self, group: int, chunk: int) -> int:
        """Bus words of the weights of a pass."""
        per_beat = self.config.beat_elements * self.units.weight_row_words
        return self.tiles(group) * self.beats(chunk) * per_beat

    def block_words(self, row_block: int, group: int) -> int:
        """Bus words of the results of a block of rows and a group."""
        return self.block_rows(row_block) * self.row_words(group)

    def input_range(self, row_block: int) -> tuple[int, int]:
        """First entry of the input that a block of rows needs, and the first that it does not."""
        shape, step = self.shape, self.config.tiles_m * self.lines * self.shape.stride
        first = row_block * step - shape.padding
        span = (self.config.tiles_m * self.lines - 1) * shape.stride + shape.kernel
        lines = max(first, 0), min(first + span, shape.height)
        return lines[0] * self.line_entries, max(lines) * self.line_entries

    def passes(self) -> Iterator[Pass]:
        """All passes in order."""
        outer, inner = self.groups, self.row_blocks
        if self.rows_outer:
            outer, inner = inner, outer
        before: Pass | None = None
        for a in range(outer):
            for b in range(inner):
                row_block, group = (a, b) if self.rows_outer else (b, a)
                for chunk in range(self.chunks):
                    same = before is not None and (before.group, before.chunk) == (group, chunk)
                    before = Pass(
                        row_block,
                        group,
                        chunk,
                        new_inputs=before is None or before.row_block != row_block,
                        new_weights=not same,
                        last_chunk=chunk == self.chunks - 1,
                    )
                    yield before

    @cached_property
    def sizes(self) -> dict[str, int]:
        """What the descriptor says of the cuts, by its fields."""
        shape, config = self.shape, self.config
        last_block, last_group = self.row_blocks - 1, self.groups - 1
        tail = self.tile_rows(self.tile_blocks - 1)
        beats = shape.pixel_beats(config)
        line, tiles_m = self.line_entries, config.tiles_m
        return {
            "rows_outer": int(self.rows_outer),
            "height": shape.height,
            "width": shape.width,
            "out_width": shape.out_width,
            "kernel": shape.kernel,
            "stride": shape.stride,
            "padding": shape.padding,
            "last_count": shape.channels - (beats - 1) * config.beat_elements,
            "pixel_beats": beats,
            "chunks": self.chunks,
            "chunk_beats": self.chunk_beats,
            "last_chunk_beats": self.last_chunk_beats,
            "groups": self.groups,
            "last_tiles": self.last_tiles,
            "row_blocks": self.row_blocks,
            "tile_blocks": self.tile_blocks,
            "tile_rows": self.lines * shape.out_width,
            "tail_rows": tail.stop - tail.start,
            "tile_lines": self.lines * shape.stride,
            "last_row_words": self.last_row_words,
            "line_entries": line,
            "image_entries": shape.height * line,
            "padding_entries": shape.padding * line,
            "tile_step_entries": self.lines * shape.stride * line,
            "tile_span_entries": self.span_lines * line,
            "block_step_entries": tiles_m * self.lines * shape.stride * line,
            "block_span_entries": ((tiles_m * self.lines - 1) * shape.stride + shape.kernel) * line,
            "weight_words": self.weight_words(0, 0),
            "chunk_tail_weight_words": self.weight_words(0, self.chunks - 1),
            "group_tail_weight_words": self.weight_words(last_group, 0),
            "tail_weight_words": self.weight_words(last_group, self.chunks - 1),
            "block_words": self.block_words(0, 0),
            "row_tail_words": self.block_words(last_block, 0),
            "group_tail_words": self.block_words(0, last_group),
            "tail_words": self.block_words(last_block, last_group),
            "group_words": self.shape.rows * self.row_words(0),
        }

    def check(self, mode: Mode) -> None:
        """DittosimError if a buffer cannot hold what a pass needs in ``mode``."""
        shape, config, units = self.shape, self.config, self.units
        rows = self.lines * shape.out_width
        if rows > config.accumulator_depth:
            raise DittosimError(
                f"layer of {shape.out_width} pixels per line: {rows} rows do not fit "
                f"accumulator_depth = {config.accumulator_depth}; use a machine with more"
            )
        need = self.span_lines * self.line_entries * units.entry_beats
        if need > config.input_beats:
            raise DittosimError(
                f"layer of {shape.width} pixels x {shape.channels} channels per line: "
                f"{self.span_lines} lines are {need} beats, more than input_beats = "
                f"{config.input_beats}; use a machine with more"
            )
        words = self.block_words(0, 0)
        if mode is Mode.TEMPORAL and words > config.previous_words:
            raise DittosimError(
                f"layer of {shape.out_width} pixels per line: a pass adds to {words} words of "
                f"previous accumulators, more than previous_words = {config.previous_words}; "
                "use a machine with more"
            )
