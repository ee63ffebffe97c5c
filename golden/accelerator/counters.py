"""The accelerator's performance counters, as the hardware and the simulator both keep them."""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Counters:
    """Counts of a queue's run. The cycles by cause add up to ``cycles``."""

    cycles: int = 0
    """From the cycle after the start to the last one of the queue"""
    compute: int = 0
    """A pass runs"""
    wait_weights: int = 0
    wait_inputs: int = 0
    """Inputs or reference"""
    wait_previous: int = 0
    """No pass can run until previous accumulators come"""
    wait_results: int = 0
    """No pass can run until results are stored"""
    queue: int = 0
    """A descriptor is fetched, checked, started, or the queue ends"""
    words_weights: int = 0
    """Bus words of each kind"""
    words_inputs: int = 0
    words_reference: int = 0
    words_previous: int = 0
    words_descriptors: int = 0
    words_results: int = 0

    def __add__(self, other: "Counters") -> "Counters":
        return Counters(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


CAUSES = ("compute", "wait_weights", "wait_inputs", "wait_previous", "wait_results", "queue")
"""Fields whose sum is ``cycles``."""
WORDS = ("weights", "inputs", "reference", "previous", "descriptors")
"""Kinds of reads, as :class:`rtl.accelerator_layouts.Load` numbers them."""
