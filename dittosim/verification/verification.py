"""What came of checks on the Verilog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dittosim.results import Result
from golden.errors import DittosimError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dittosim.verification.findings_table import Row


@dataclass(frozen=True, eq=False)
class Verification(Result):
    """What was compared, check by check, and what differed."""

    rows: "Sequence[Row]"
    """A check's name, section and findings"""
    figures: Mapping[str, Any]
    """All of it"""
    parts: "Sequence[RenderableType]"
    """Tables and lines"""

    @property
    def differences(self) -> int:
        """Values and cycles that differ; must be zero."""
        return sum(row.findings.differences for row in self.rows)

    @property
    def passed(self) -> bool:
        """Whether nothing differs."""
        return self.differences == 0

    def to_dict(self) -> dict[str, Any]:
        """All figures of ``dittosim verify --json``."""
        return dict(self.figures)

    def records(self) -> list[dict[str, Any]]:
        """A row for each check: ``name``, ``configuration``, and counts of what was compared.

        ``configuration`` is None where there is but one.
        """
        return [
            {
                "name": row.name,
                "configuration": row.section or None,
                "differences": row.findings.differences,
                **row.findings.model_dump(exclude={"coverage"}),
            }
            for row in self.rows
        ]

    def tables(self) -> "Sequence[RenderableType]":
        """Checks, the first difference of each, how fast the Verilog ran, energies."""
        return self.parts


class UnfinishedError(DittosimError):
    """Checks that did not come to their end, such as a deadlock."""

    def __init__(self, message: str, others: Verification) -> None:
        super().__init__(message)
        self.others = others
        """What came of those that did"""
