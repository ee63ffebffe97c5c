"""Which bytes of memory a layer reads and writes."""

from dataclasses import dataclass

from golden.accelerator.descriptor import Descriptor, ModeCode
from golden.accelerator.intervals import NOTHING, Intervals
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig


@dataclass(frozen=True)
class Accesses:
    """Bytes of a layer."""

    weights: Intervals
    """What a product loads first; nothing of vector layers"""
    operands: Intervals
    """All else that it reads"""
    writes: Intervals

    def __or__(self, other: "Accesses") -> "Accesses":
        return Accesses(
            self.weights | other.weights,
            self.operands | other.operands,
            self.writes | other.writes,
        )

    def key(self) -> tuple[bytes, ...]:
        """Equal for equal bytes."""
        return self.weights.key() + self.operands.key() + self.writes.key()

    def conflicts(self, later: "Accesses") -> bool:
        """Whether ``later`` may not overtake, nor run beside, this layer."""
        return (
            later.writes.meets(self.writes)
            or self.needed_by(later.weights)
            or self.needed_by(later.operands)
            or later.writes.meets(self.weights)
            or later.writes.meets(self.operands)
        )

    def needed_by(self, read: Intervals) -> bool:
        """Whether what is ``read`` is what this layer writes."""
        return read.meets(self.writes)


NO_ACCESSES = Accesses(NOTHING, NOTHING, NOTHING)


def product_accesses(descriptor: Descriptor, config: MachineConfig) -> Accesses:
    """Of a product alone: what its output stage does is that of the fused layer before it."""
    units, bus = Units.of(config), config.bus_bytes
    image = descriptor.image_entries * units.entry_bytes
    sums = result_words(descriptor) * bus
    return Accesses(
        Intervals.of(descriptor.weights_address, weight_words(descriptor) * bus),
        Intervals.of(descriptor.inputs_address, image) | previous_step(descriptor, config),
        NOTHING if descriptor.discard else Intervals.of(descriptor.results_address, sums),
    )


def previous_step(descriptor: Descriptor, config: MachineConfig) -> Intervals:
    """What a product reads of the previous step: reference and previous accumulators."""
    if descriptor.mode != ModeCode.TEMPORAL:
        return NOTHING
    image = descriptor.image_entries * Units.of(config).entry_bytes
    sums = result_words(descriptor) * config.bus_bytes
    reference = Intervals.of(descriptor.reference_address, image)
    return reference | Intervals.of(descriptor.previous_address, sums)


def weight_words(descriptor: Descriptor) -> int:
    """Bus words of all weights."""
    chunks = descriptor.chunks - 1
    group = chunks * descriptor.weight_words + descriptor.chunk_tail_weight_words
    last = chunks * descriptor.group_tail_weight_words + descriptor.tail_weight_words
    return (descriptor.groups - 1) * group + last


def result_words(descriptor: Descriptor) -> int:
    """Bus words of all accumulators."""
    last = (descriptor.row_blocks - 1) * descriptor.group_tail_words + descriptor.tail_words
    return (descriptor.groups - 1) * descriptor.group_words + last
