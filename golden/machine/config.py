"""The one description of a machine that golden, rtl, sim and tb all take."""

import hashlib
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden.errors import DittosimError
from golden.formats.elements import DIFFERENCE_BITS, INT8_MIN, MAX_DIFFERENCE, Encoding
from golden.machine.dram import DramConfig
from golden.machine.tile_kind import TileKind
from golden.reading import parse_toml, read_text
from golden.wording import validated

ACCUMULATOR_BITS = 32
WEIGHT_BITS = 8
MAX_LANE_ELEMENTS = 64
PAGE_BYTES = 4096
"""No AXI burst crosses a multiple of it."""
ADDRESS_BYTES = 1 << 32
"""What addresses tell apart."""


def _is_power_of_two(value: int) -> bool:
    return value.bit_count() == 1


class MachineConfig(BaseModel):
    """A machine: its tiles, their shape, buffers and number, and its memory."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tile: TileKind = Field(
        default=TileKind.DITTO,
        strict=False,
        description="what takes a slot: ditto (digits that are not zero), bit-width (low digits, "
        "and high ones that are not zero), sparsity (both digits of elements that are not zero), "
        "dense (elements, on 8-bit multipliers, without Encoding Unit and lane FIFOs)",
    )
    lanes: int = Field(
        default=4, ge=1, le=16, description="multipliers per PE; slots a tile consumes per cycle"
    )
    columns: int = Field(
        default=16, ge=1, le=4096, description="PEs per tile; output channels computed in parallel"
    )
    tiles_m: int = Field(
        default=1, ge=1, le=1024, description="tiles that share weights and work on different rows"
    )
    tiles_n: int = Field(
        default=1, ge=1, le=1024, description="tiles that work on different output channels"
    )
    beat_elements: int = Field(
        default=16,
        ge=1,
        le=256,
        description="elements the Encoding Unit takes per cycle; lanes times a power of two",
    )
    fifo_depth: int = Field(
        default=4,
        ge=1,
        le=64,
        description="beats that each lane FIFO holds, zero parts skipped; a dense tile has none",
    )
    rows_in_flight: int = Field(
        default=1,
        ge=1,
        le=2,
        description="rows that the lanes of a tile may be in at once: partial sums per PE",
    )
    encoding: Encoding = Field(
        default=Encoding.SIGN_MAGNITUDE,
        strict=False,
        description="digits of a difference: sign-magnitude or twos-complement; "
        "a dense tile has none",
    )
    weight_depth: int = Field(
        default=256,
        ge=1,
        le=65536,
        description="weights per bank; a tile holds lanes * weight_depth elements of a row",
    )
    accumulator_depth: int = Field(
        default=256, ge=1, le=65536, description="rows of int32 accumulators that a tile holds"
    )
    input_beats: int = Field(
        default=1024,
        ge=1,
        le=1 << 20,
        description="beats of input that a row of tiles holds, twice, and as many of reference; "
        "a power of two",
    )
    previous_words: int = Field(
        default=1024,
        ge=1,
        le=1 << 24,
        description="bus words of previous accumulators on chip, twice; a power of two",
    )
    vector_bits: int = Field(
        default=16,
        ge=8,
        le=32,
        description="bits of the elements of which the vector unit takes a bus word per cycle, in "
        "bus_bytes * 8 / vector_bits lanes: 8, 16 or 32",
    )
    vector_words: int = Field(
        default=1024,
        ge=16,
        le=65536,
        description="bus words of each of the vector unit's three buffers, twice; a power of two",
    )
    vector_channels: int = Field(
        default=1024,
        ge=16,
        le=65536,
        description="channels whose parameters and statistics the vector unit holds; a power of "
        "two",
    )
    defo_entries: int = Field(
        default=512,
        ge=1,
        le=65536,
        description="layers between whose modes the Defo Unit can choose; a power of two",
    )
    defo_counter_bits: int = Field(
        default=32, ge=1, le=32, description="bits of the Defo Unit's counters, which saturate"
    )
    defo_unit: int = Field(
        default=1,
        ge=1,
        le=65536,
        description="cycles that one count of the Defo Unit's counters stands for; a power of two",
    )
    bus_bytes: int = Field(
        default=16, ge=4, le=128, description="bytes of a bus word (AXI data width); a power of two"
    )
    burst_words: int = Field(
        default=16, ge=1, le=256, description="longest AXI burst, in bus words"
    )
    outstanding_reads: int = Field(
        default=4, ge=1, le=16, description="read bursts that may be in flight at once"
    )
    outstanding_writes: int = Field(
        default=4, ge=1, le=16, description="write bursts that may be in flight at once"
    )
    memory_latency: int = Field(
        default=32,
        ge=1,
        le=4096,
        description="cycles from a read's address to its first word, and from a write's last word "
        "to its response",
    )
    memory_interval: int = Field(
        default=1, ge=1, le=64, description="cycles per bus word, in each direction"
    )
    dram: DramConfig | None = Field(
        default=None,
        description="DRAM in place of the memory of fixed latency and rate, which memory_latency "
        "and memory_interval describe: the name of a standard, or a table",
    )
    scratchpad_bytes: int = Field(
        default=0,
        ge=0,
        description="bytes of on-chip memory, which take the addresses from 0 on; memory has those "
        "behind them; a multiple of 4096, 0 for none",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        per_lane, rest = divmod(self.beat_elements, self.lanes)
        if rest or not _is_power_of_two(per_lane):
            raise ValueError(
                f"beat_elements = {self.beat_elements}: must be lanes ({self.lanes}) times a power "
                f"of two, such as {2 * self.lanes} or {4 * self.lanes}"
            )
        if per_lane > MAX_LANE_ELEMENTS:
            raise ValueError(
                f"beat_elements = {self.beat_elements}: at most {MAX_LANE_ELEMENTS} elements per "
                f"lane, which is {MAX_LANE_ELEMENTS * self.lanes} for {self.lanes} lanes"
            )
        if self.weight_depth % per_lane:
            raise ValueError(
                f"weight_depth = {self.weight_depth}: must be a multiple of the {per_lane} "
                "elements that a beat brings to each lane (beat_elements / lanes)"
            )
        if self.tile is TileKind.DENSE and self.rows_in_flight > 1:
            raise ValueError(
                f"rows_in_flight = {self.rows_in_flight}: the lanes of a dense tile are in one row "
                "at a time; use 1"
            )
        for name in (
            "input_beats",
            "previous_words",
            "vector_bits",
            "vector_words",
            "vector_channels",
            "defo_entries",
            "defo_unit",
        ):
            if not _is_power_of_two(getattr(self, name)):
                raise ValueError(f"{name} = {getattr(self, name)}: must be a power of two")
        if self.psum_bits > ACCUMULATOR_BITS:
            raise ValueError(
                f"weight_depth = {self.weight_depth}: sums over lanes * weight_depth = "
                f"{self.max_k} elements leave {ACCUMULATOR_BITS} bits; at most "
                f"{2**31 // (MAX_DIFFERENCE * -INT8_MIN)} elements fit"
            )
        if not _is_power_of_two(self.bus_bytes):
            raise ValueError(
                f"bus_bytes = {self.bus_bytes}: must be a power of two from 4 to 128, such as 16"
            )
        if self.dram is not None:
            for name in ("memory_latency", "memory_interval"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(
                        f"{name} = {getattr(self, name)}: times of a machine on dram are the "
                        f"DRAM's; leave {name} or dram out"
                    )
        self._check_scratchpad()
        return self

    def _check_scratchpad(self) -> None:
        size = self.scratchpad_bytes
        if size >= ADDRESS_BYTES:
            raise ValueError(
                f"scratchpad_bytes = {size}: leaves no addresses to memory, of the {ADDRESS_BYTES} "
                f"that 32 bits make; use less, at most {ADDRESS_BYTES - PAGE_BYTES}"
            )
        if size % PAGE_BYTES:
            nearest = max(1, round(size / PAGE_BYTES)) * PAGE_BYTES
            raise ValueError(
                f"scratchpad_bytes = {size}: must be a multiple of {PAGE_BYTES}, so that no burst "
                f"is partly in it, such as {nearest}"
            )

    @property
    def lane_elements(self) -> int:
        """Elements of a beat that belong to one lane."""
        return self.beat_elements // self.lanes

    @property
    def max_k(self) -> int:
        """Longest row, in elements, that a tile's weight banks hold."""
        return self.lanes * self.weight_depth

    @property
    def max_beats(self) -> int:
        """Beats of the longest row."""
        return self.max_k // self.beat_elements

    @property
    def group_columns(self) -> int:
        """Columns whose int32 accumulators share one 512-bit port of a tile."""
        return min(16, self.columns)

    @property
    def column_groups(self) -> int:
        """Groups of ``group_columns`` columns; the last may be partly empty."""
        return -(-self.columns // self.group_columns)

    @property
    def rows_queued(self) -> int:
        """Rows that may be between the Encoding Unit and their end: twice those in the lanes."""
        return 2 * self.rows_in_flight

    @property
    def digit_bits(self) -> int:
        """Signed width of a multiplier's data: a digit, or a whole difference in a dense tile."""
        return DIFFERENCE_BITS if self.tile is TileKind.DENSE else self.encoding.digit_bits

    @property
    def product_bits(self) -> int:
        """Signed width of digit x weight."""
        return self.digit_bits + WEIGHT_BITS

    @property
    def psum_bits(self) -> int:
        """Signed width of a PE's partial sum: holds the largest sum over ``max_k`` elements."""
        return (self.max_k * MAX_DIFFERENCE * -INT8_MIN).bit_length() + 1

    @property
    def vector_lanes(self) -> int:
        """Elements that the vector unit takes per cycle."""
        return self.bus_bits // self.vector_bits

    @property
    def defo_unit_bits(self) -> int:
        """Binary logarithm of ``defo_unit``."""
        return self.defo_unit.bit_length() - 1

    @property
    def bus_bits(self) -> int:
        """Bits of a bus word."""
        return 8 * self.bus_bytes

    @property
    def page_words(self) -> int:
        """Bus words between two addresses that no burst crosses."""
        return PAGE_BYTES // self.bus_bytes

    @property
    def multipliers(self) -> int:
        """Multipliers of the whole machine: 4-bit x 8-bit, in dense tiles 8-bit x 8-bit."""
        return self.lanes * self.columns * self.tiles_m * self.tiles_n

    @property
    def without_scratchpad(self) -> "MachineConfig":
        """The same machine, all of whose addresses are memory's."""
        return self.model_copy(update={"scratchpad_bytes": 0})

    def digest(self) -> str:
        """Twelve hexadecimal digits that name this configuration.

        A machine without scratchpad has the name that it had before there were any, as has one
        without DRAM.
        """
        absent = None if self.scratchpad_bytes else {"scratchpad_bytes"}
        text = self.model_dump_json(exclude=absent, exclude_none=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def preset_names() -> list[str]:
    """Names of the configurations that come with dittosim, smallest first."""
    return ["tiny", "small", "paper"]


def load_config(name_or_path: str) -> MachineConfig:
    """The preset of that name, or the TOML file at that path.

    Raises DittosimError naming the file, field, value and rule if it is not a valid machine.
    """
    if name_or_path in preset_names():
        text = (
            resources.files("golden.machine").joinpath(f"presets/{name_or_path}.toml").read_text()
        )
        return parse_config(text, name_or_path)
    path = Path(name_or_path)
    presets = ", ".join(preset_names())
    if path.suffix != ".toml":
        raise DittosimError(
            f"no preset '{name_or_path}': choose one of {presets}, "
            "or give a path that ends in .toml"
        )
    cure = f"give a TOML file that can be read, or a preset ({presets})"
    return parse_config(read_text(path, "configuration", cure), str(path))


def parse_config(text: str, source: str) -> MachineConfig:
    """A machine from TOML ``text``; ``source`` names it in errors (DittosimError)."""
    return make_config(parse_toml(text, source), source)


def make_config(values: dict[str, Any], source: str) -> MachineConfig:
    """A machine from field values; ``source`` names them in errors (DittosimError)."""
    return validated(MachineConfig, values, source)
