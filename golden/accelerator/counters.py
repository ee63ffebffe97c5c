"""The accelerator's performance counters, as the hardware and the simulator both keep them."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Counters:
    """Counts of a queue's run, named as in rtl/registers/registers.rdl. Cycles by cause add up."""

    cycles: int = 0
    """From the cycle after the start to the last one of the queue"""
    cycles_compute: int = 0
    """A pass runs"""
    cycles_weights: int = 0
    """The next pass waits for weights"""
    cycles_inputs: int = 0
    """... for inputs or reference"""
    cycles_dependency: int = 0
    """... for operands that wait for the products before to be in memory"""
    cycles_previous: int = 0
    """... for room for its results, which wait for previous accumulators"""
    cycles_results: int = 0
    """... or the next layer, for room for results, which are being stored"""
    cycles_vector: int = 0
    """The array has no layer, or waits for one of the vector unit's, while that runs one"""
    cycles_fetch: int = 0
    """No layer's passes run: a descriptor is fetched, checked, handed on, or the queue ends"""
    cycles_idle: int = 0
    """All passes of the queue are done, its last results are being stored"""
    vector_compute: int = 0
    """The vector unit computes"""
    vector_loads: int = 0
    """... waits for elements"""
    vector_stores: int = 0
    """... waits for room for its results, or until they are in memory"""
    bytes_descriptors: int = 0
    """Bytes of whole bus words"""
    bytes_weights: int = 0
    bytes_inputs: int = 0
    bytes_references: int = 0
    bytes_previous: int = 0
    bytes_results: int = 0
    bytes_vector_read: int = 0
    bytes_vector_written: int = 0
    scratchpad_descriptors: int = 0
    """Of these bytes those of the scratchpad; the hardware does not tell them apart"""
    scratchpad_weights: int = 0
    scratchpad_inputs: int = 0
    scratchpad_references: int = 0
    scratchpad_previous: int = 0
    scratchpad_results: int = 0
    scratchpad_vector_read: int = 0
    scratchpad_vector_written: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def memory_bytes(self, kind: str) -> int:
        """Of a kind (:data:`KINDS`) those that went to memory or came from it."""
        moved: int = getattr(self, f"bytes_{kind}") - getattr(self, f"scratchpad_{kind}")
        return moved

    def scratchpad_bytes(self, kind: str) -> int:
        """Of a kind those that went to the scratchpad or came from it."""
        moved: int = getattr(self, f"scratchpad_{kind}")
        return moved


CAUSES = (
    "compute",
    "weights",
    "inputs",
    "dependency",
    "previous",
    "results",
    "vector",
    "fetch",
    "idle",
)
"""Of cycles; they add up to all."""
VECTOR_CAUSES = ("compute", "loads", "stores")
"""Of cycles in which the vector unit has a layer"""
KINDS = (
    "weights",
    "inputs",
    "references",
    "previous",
    "descriptors",
    "results",
    "vector_read",
    "vector_written",
)
"""Of bytes"""
SCRATCHPAD = tuple(f"scratchpad_{kind}" for kind in KINDS)
"""Counters that only the simulator has"""
REGISTERS = tuple(f.name for f in fields(Counters) if f.name not in SCRATCHPAD)
"""Those of the hardware"""
