"""About how many cycles layers take: enough to see which of two engines is free first."""

from golden.accelerator.accesses import result_words, weight_words
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.units import Units
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.step.drafts import ProductOf
from golden.vector.descriptor import Op, VectorDescriptor

START = 60
"""Of any layer, until its first operands are there, and behind its last results"""
SLOTS = {
    TileKind.DITTO: {Mode.ACT: 1.2, Mode.SPATIAL: 0.8, Mode.TEMPORAL: 0.4},
    TileKind.BIT_WIDTH: {Mode.ACT: 1.4, Mode.SPATIAL: 1.2, Mode.TEMPORAL: 1.05},
    TileKind.SPARSITY: {Mode.ACT: 1.7, Mode.SPATIAL: 1.2, Mode.TEMPORAL: 0.7},
    TileKind.DENSE: dict.fromkeys(Mode, 1.0),
}
"""Of an element of a row: as in the workloads here, the second step of a run"""
SWEEPS = {Op.GROUPS: 2, Op.PIXELS: 2, Op.SOFTMAX: 3}
"""Over a block; of others one"""
RECIPROCALS = {Op.PIXELS: 110, Op.SOFTMAX: 80}
"""Cycles of a block in which they are waited for"""


def product_cycles(descriptor: Descriptor, product: ProductOf, config: MachineConfig) -> float:
    """Of a product alone."""
    plan = product.plan
    rows, k = plan.shape.rows, plan.row_beats * config.beat_elements
    side = config.tiles_n * config.columns
    columns = -(-plan.shape.columns // side) * side
    compute = rows * k * columns * SLOTS[config.tile][product.mode] / config.multipliers
    image = descriptor.image_entries * Units.of(config).entry_words
    temporal = product.mode is Mode.TEMPORAL
    sums = result_words(descriptor)
    reads = weight_words(descriptor) + image * (1 + temporal) + sums * temporal
    return START + max(compute, reads, sums)


def vector_cycles(layer: VectorDescriptor, config: MachineConfig) -> float:
    """Of a vector layer alone."""
    op = Op(layer.op)
    blocks = layer.groups * layer.blocks
    rows = layer.pixels * layer.rows
    sweep = rows * SWEEPS.get(op, 1) + RECIPROCALS.get(op, 0)
    if op is Op.GATHER and (layer.outer_step != 1 or layer.inner_step % config.vector_lanes):
        sweep = rows * config.vector_lanes
    loads = layer.a_count * layer.a_words * (2 if op is Op.GROUPS else 1) + layer.b_words
    stores = layer.o_count * layer.o_words
    return START + blocks * max(sweep, loads, stores)
