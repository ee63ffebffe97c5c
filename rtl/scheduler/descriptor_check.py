"""What is wrong with a descriptor, as far as it could harm: sizes, buffers, addresses."""

from dataclasses import dataclass

from amaranth.hdl import Cat, Module, Signal, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import MAGIC, ModeCode
from golden.accelerator.units import Units
from golden.machine.bursts import MAX_WORDS
from golden.machine.config import MachineConfig
from golden.machine.timing import CHECK_LATENCY
from rtl.blocks.addition import multiplied, products
from rtl.blocks.module import RtlModule
from rtl.scheduler.error_codes import CODE_BITS
from rtl.scheduler.layouts import ADDRESS_BITS, layer_layout
from rtl.scheduler.rules import Rule, first_broken

NOT_ZERO = [
    "height",
    "width",
    "out_width",
    "kernel",
    "stride",
    "last_count",
    "pixel_beats",
    "chunks",
    "chunk_beats",
    "last_chunk_beats",
    "groups",
    "last_tiles",
    "row_blocks",
    "tile_blocks",
    "tile_rows",
    "tail_rows",
    "last_row_words",
    "line_entries",
    "image_entries",
    "tile_span_entries",
    "block_span_entries",
    "weight_words",
    "chunk_tail_weight_words",
    "group_tail_weight_words",
    "tail_weight_words",
    "block_words",
    "row_tail_words",
    "group_tail_words",
    "tail_words",
    "group_words",
]
"""Fields that count something that every layer has."""
TRANSFERS = [
    "weight_words",
    "chunk_tail_weight_words",
    "group_tail_weight_words",
    "tail_weight_words",
    "block_words",
    "row_tail_words",
    "group_tail_words",
    "tail_words",
]
"""Fields that are the length of a transfer."""
TENSORS = ["inputs", "weights", "results", "reference", "previous"]
"""Whose addresses are checked, in this order"""
TEMPORAL_TENSORS = ["reference", "previous"]
"""Those that only TEMPORAL uses"""


@dataclass(frozen=True)
class Limit:
    """The largest value that a field may have."""

    field: str
    most: int
    temporal: bool = False
    """Whether only TEMPORAL has it"""


def limits(config: MachineConfig) -> list[Limit]:
    """All limits of a machine; a field may have two."""
    units = Units.of(config)
    return [
        Limit("chunk_beats", units.half_beats),
        Limit("last_chunk_beats", units.half_beats),
        Limit("tile_rows", config.accumulator_depth),
        Limit("tail_rows", config.accumulator_depth),
        Limit("tile_span_entries", units.slot_entries),
        Limit("last_tiles", config.tiles_n),
        Limit("last_row_words", units.row_words),
        Limit("last_count", config.beat_elements),
        Limit("block_words", config.previous_words, temporal=True),
        Limit("group_tail_words", config.previous_words, temporal=True),
        *(Limit(name, MAX_WORDS) for name in TRANSFERS),
        Limit("block_span_entries", MAX_WORDS // units.entry_words),
    ]


class DescriptorCheck(RtlModule):
    """The first rule that ``layer`` breaks, as a code of the registers.

    ``layer`` stands for ``LATENCY`` cycles, behind which ``code`` tells. ``address`` is the one
    that is misaligned or out of range, if that is what is wrong. What passes may compute nonsense,
    but keeps every engine within its buffers and lets it end.
    """

    LATENCY = CHECK_LATENCY
    module_name = "ditto_descriptor_check"

    @classmethod
    def check(cls, config: MachineConfig) -> None:
        """See :meth:`golden.accelerator.units.Units.of`."""
        Units.of(config)

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "layer": In(layer_layout()),
                "code": Out(unsigned(CODE_BITS)),
                "address": Out(unsigned(ADDRESS_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer, units = self.config, self.layer, Units.of(self.config)
        temporal = Signal()
        image = Signal(ADDRESS_BITS + 12, reset_less=True)
        results = Signal(ADDRESS_BITS + 24, reset_less=True)
        m.d.comb += temporal.eq(layer.mode == ModeCode.TEMPORAL)
        group_words, groups = Cat(layer.group_words, 0), Cat(layer.groups, 0)
        words = multiplied(m, products(m, group_words, groups, len(results)), len(results))
        m.d.sync += [
            image.eq(layer.image_entries * units.entry_bytes),
            results.eq(words * config.bus_bytes),
        ]
        sizes = {
            "inputs": image,
            "weights": layer.weight_words * config.bus_bytes,
            "results": results,
            "reference": image,
            "previous": results,
        }
        # Address, bytes of what lies there, whether it is used.
        tensors = [
            (
                getattr(layer, f"{name}_address"),
                sizes[name],
                temporal if name in TEMPORAL_TENSORS else 1,
            )
            for name in TENSORS
        ]
        bus_bits = (config.bus_bytes - 1).bit_length()
        too_large = [
            (getattr(layer, limit.field) > limit.most) & (temporal if limit.temporal else 1)
            for limit in limits(config)
        ]
        rules: list[Rule] = [
            ("unknown_mode", (layer.magic != MAGIC) | (layer.mode > max(ModeCode)), None),
            ("zero_size", Cat(getattr(layer, name) == 0 for name in NOT_ZERO).any(), None),
            ("too_large", Cat(too_large).any(), None),
        ]
        for address, _, used in tensors:
            rules.append(("misaligned", used & address[:bus_bits].any(), address))
        for address, size, used in tensors:
            rules.append(("out_of_range", used & ((address + size) >> ADDRESS_BITS != 0), address))
        first_broken(m, rules, self.code, self.address)
        return m
