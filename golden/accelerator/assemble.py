"""The descriptor of a planned layer."""

from dataclasses import dataclass

from golden.accelerator.descriptor import Descriptor, ModeCode
from golden.accelerator.plan import Plan
from golden.matmul import Mode


@dataclass(frozen=True)
class Addresses:
    """Where a layer's tensors lie in memory, in bytes."""

    inputs: int
    weights: int
    results: int
    reference: int = 0
    previous: int = 0


def assemble(
    plan: Plan,
    mode: Mode,
    zero_point: int,
    addresses: Addresses,
    *,
    weights_wait: bool = False,
    inputs_wait: bool = False,
    interrupt: bool = False,
) -> Descriptor:
    """The descriptor that runs ``plan`` in ``mode``.

    Operands that wait are loaded when the layer before is in memory; ``interrupt`` is raised when
    this one is.
    """
    shape, config = plan.shape, plan.config
    last_block, last_group = plan.row_blocks - 1, plan.groups - 1
    tail = plan.tile_rows(plan.tile_blocks - 1)
    beats = shape.pixel_beats(config)
    line, tiles_m = plan.line_entries, config.tiles_m
    return Descriptor(
        mode=ModeCode.of(mode),
        rows_outer=int(plan.rows_outer),
        interrupt=int(interrupt),
        weights_wait=int(weights_wait),
        inputs_wait=int(inputs_wait),
        inputs_address=addresses.inputs,
        reference_address=addresses.reference,
        weights_address=addresses.weights,
        previous_address=addresses.previous,
        results_address=addresses.results,
        height=shape.height,
        width=shape.width,
        out_width=shape.out_width,
        kernel=shape.kernel,
        stride=shape.stride,
        padding=shape.padding,
        zero_point=zero_point,
        last_count=shape.channels - (beats - 1) * config.beat_elements,
        pixel_beats=beats,
        chunks=plan.chunks,
        chunk_beats=plan.chunk_beats,
        last_chunk_beats=plan.last_chunk_beats,
        groups=plan.groups,
        last_tiles=plan.last_tiles,
        row_blocks=plan.row_blocks,
        tile_blocks=plan.tile_blocks,
        tile_rows=plan.lines * shape.out_width,
        tail_rows=tail.stop - tail.start,
        tile_lines=plan.lines * shape.stride,
        last_row_words=plan.last_row_words,
        line_entries=line,
        image_entries=shape.height * line,
        padding_entries=shape.padding * line,
        tile_step_entries=plan.lines * shape.stride * line,
        tile_span_entries=plan.span_lines * line,
        block_step_entries=tiles_m * plan.lines * shape.stride * line,
        block_span_entries=((tiles_m * plan.lines - 1) * shape.stride + shape.kernel) * line,
        weight_words=plan.weight_words(0, 0),
        chunk_tail_weight_words=plan.weight_words(0, plan.chunks - 1),
        group_tail_weight_words=plan.weight_words(last_group, 0),
        tail_weight_words=plan.weight_words(last_group, plan.chunks - 1),
        block_words=plan.block_words(0, 0),
        row_tail_words=plan.block_words(last_block, 0),
        group_tail_words=plan.block_words(0, last_group),
        tail_words=plan.block_words(last_block, last_group),
        group_words=plan.shape.rows * plan.row_words(0),
    )
