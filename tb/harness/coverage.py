"""What a bench met of what it is meant to meet: strata of its stimulus, counted."""

from collections.abc import Iterable, Mapping

Counts = dict[str, dict[str, int]]
"""How often each stratum was met, by axis"""


class Coverage:
    """Counts strata, which are named beforehand, axis by axis; each of them must be met."""

    def __init__(self, axes: Mapping[str, Iterable[str]]) -> None:
        self.counts: Counts = {axis: dict.fromkeys(strata, 0) for axis, strata in axes.items()}

    def see(self, axis: str, stratum: str, count: int = 1) -> None:
        """Counts a stratum; KeyError if it was not named beforehand."""
        self.counts[axis][stratum] += count

    def add(self, other: "Coverage") -> None:
        """Counts what another met as well."""
        self.counts = merged(self.counts, other.counts)

    def missed(self) -> list[str]:
        """Strata that were never met."""
        return [
            f"{axis}: {stratum}"
            for axis, strata in self.counts.items()
            for stratum, count in strata.items()
            if not count
        ]

    def check(self) -> None:
        """AssertionError if a stratum was never met."""
        missed = self.missed()
        assert not missed, f"never met: {'; '.join(missed)}"


def merged(ours: Counts, theirs: Counts) -> Counts:
    """The counts of both."""
    return {
        axis: {
            stratum: ours.get(axis, {}).get(stratum, 0) + theirs.get(axis, {}).get(stratum, 0)
            for stratum in {**ours.get(axis, {}), **theirs.get(axis, {})}
        }
        for axis in {**ours, **theirs}
    }
