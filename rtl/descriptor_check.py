"""What is wrong with a descriptor, as far as it could harm: sizes, buffers, addresses."""

from amaranth.hdl import Cat, Module, unsigned
from amaranth.lib.wiring import In, Out

from golden.accelerator.descriptor import MAGIC, ModeCode
from golden.accelerator.error_codes import ErrorCode
from golden.accelerator.units import Units
from golden.config import MachineConfig
from rtl.accelerator_layouts import layer_layout
from rtl.module import RtlModule

NOT_ZERO = (
    "height width out_width kernel stride last_count pixel_beats chunks chunk_beats "
    "last_chunk_beats groups last_tiles row_blocks tile_blocks tile_rows tail_rows last_row_words "
    "line_entries image_entries tile_span_entries block_span_entries weight_words "
    "chunk_tail_weight_words group_tail_weight_words tail_weight_words block_words row_tail_words "
    "group_tail_words tail_words"
).split()
"""Fields that count something that every layer has."""


class DescriptorCheck(RtlModule):
    """The first rule that ``layer`` breaks, as an :class:`ErrorCode`, a cycle later.

    What passes may compute nonsense, but keeps every engine within its buffers and lets it end.
    """

    LATENCY = 1
    module_name = "ditto_descriptor_check"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__({"layer": In(layer_layout()), "code": Out(unsigned(4))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config, layer, units = self.config, self.layer, Units.of(self.config)
        temporal = layer.mode == ModeCode.TEMPORAL
        largest_block = layer.block_words > config.previous_words
        addresses = [
            layer.inputs_address,
            layer.weights_address,
            layer.results_address,
            layer.reference_address & temporal.replicate(32),
            layer.previous_address & temporal.replicate(32),
        ]
        bus_bits = (config.bus_bytes - 1).bit_length()
        too_large = [
            layer.chunk_beats > units.half_beats,
            layer.last_chunk_beats > units.half_beats,
            layer.tile_rows > config.accumulator_depth,
            layer.tail_rows > config.accumulator_depth,
            layer.tile_span_entries > units.slot_entries,
            layer.last_tiles > config.tiles_n,
            layer.last_row_words > units.row_words,
            layer.last_count > config.beat_elements,
            temporal & largest_block,
        ]
        rules = {
            ErrorCode.MAGIC: layer.magic != MAGIC,
            ErrorCode.MODE: layer.mode > max(ModeCode),
            ErrorCode.ZERO: Cat(getattr(layer, name) == 0 for name in NOT_ZERO).any(),
            ErrorCode.TOO_LARGE: Cat(too_large).any(),
            ErrorCode.MISALIGNED: Cat(one[:bus_bits] for one in addresses).any(),
        }
        m.d.sync += self.code.eq(ErrorCode.NONE)
        for code, broken in reversed(rules.items()):
            with m.If(broken):
                m.d.sync += self.code.eq(code)
        return m
