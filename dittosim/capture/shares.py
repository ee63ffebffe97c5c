"""Where a model's multiply-accumulates go: into the trace, to the host, or out of sight."""

from collections.abc import Mapping
from dataclasses import dataclass

from dittosim.capture.quantizing import Ranges


@dataclass(frozen=True)
class MacShares:
    """Multiply-accumulates of one evaluation of a model."""

    trace: int
    """Of the layers in the trace"""
    vectors: int
    """Of vectors of time, class and text, for the host"""
    fixed: int
    """Of layers whose operands are the same at all steps, for the host"""
    unchosen: int
    """Of layers that --layers leaves out"""
    unseen: int
    """Of operations that capture does not know"""

    @classmethod
    def of(
        cls, macs: Mapping[str, int], vectors: Mapping[str, int], ranges: Ranges, counted: int
    ) -> "MacShares":
        """From an evaluation's counts by name and PyTorch's own count of all."""
        trace = sum(macs[name] for name in macs if ranges.knows(name) and ranges.changes(name))
        fixed = sum(macs[name] for name in macs if ranges.knows(name) and not ranges.changes(name))
        rest = sum(macs.values()) - trace - fixed
        others = sum(vectors.values())
        return cls(trace, others, fixed, rest, counted - sum(macs.values()) - others)

    def text(self) -> str:
        """In words, without what is none."""
        parts = {
            "of vectors": self.vectors,
            "of inputs that do not change": self.fixed,
            "left out by --layers": self.unchosen,
            "of operations that capture does not know": self.unseen,
        }
        others = "".join(f", {macs:,} {words}" for words, macs in parts.items() if macs)
        return f"multiply-accumulates of an evaluation: {self.trace:,} in the trace{others}"
