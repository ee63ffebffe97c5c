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

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


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
