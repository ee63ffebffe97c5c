"""What became of a sample of mutants, module by module."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum

from rich.table import Table

from rtl.emission.emit import Emission
from tb.mutation.mutants import Mutant
from tb.mutation.verilog import modules_of
from tb.mutation.waivers import stanza

AROUND = 2
"""Lines shown on either side of a change"""


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    WAIVED = "waived"
    SURVIVED = "survived"


@dataclass(frozen=True)
class Verdict:
    """A mutant, and what became of it."""

    mutant: Mutant
    fate: Fate
    why: str
    """The bench that noticed, or why none needs to"""


def score(verdicts: Sequence[Verdict]) -> float | None:
    """Killed ones among those that are not equivalent; None if there is none of these."""
    others = [verdict for verdict in verdicts if verdict.fate is not Fate.EQUIVALENT]
    if not others:
        return None
    return sum(verdict.fate is Fate.KILLED for verdict in others) / len(others)


def score_table(verdicts: Sequence[Verdict], there: Callable[[str], int]) -> Table:
    """A row for each module, and one for all; ``there`` are the mutants that a module has."""
    table = Table(title="Mutants of the emitted Verilog")
    table.add_column("module", no_wrap=True)
    for column in ("there", "tried", *Fate, "score"):
        table.add_column(str(column), justify="right")
    modules: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        modules.setdefault(verdict.mutant.module, []).append(verdict)
    for name, ones in sorted(modules.items()):
        table.add_row(name, f"{there(name):,}", *_cells(ones))
    table.add_section()
    table.add_row("all", f"{sum(map(there, modules)):,}", *_cells(verdicts))
    return table


def _cells(verdicts: Sequence[Verdict]) -> list[str]:
    counts = [sum(verdict.fate is fate for verdict in verdicts) for fate in Fate]
    share = score(verdicts)
    return [str(len(verdicts)), *map(str, counts), "" if share is None else f"{share:.1%}"]


def survivor_report(mutant: Mutant, emission: Emission, command: str) -> str:
    """A survivor as a diff, the command that tries it alone, and its waiver but for the reason."""
    module = modules_of(emission.verilog)[mutant.module]
    diff = unified_diff(
        module.lines,
        mutant.text(module).splitlines(),
        mutant.module,
        f"{mutant.name} {mutant.operator}",
        lineterm="",
        n=AROUND,
    )
    return "\n".join([*diff, "", command, "", stanza(mutant), ""])
