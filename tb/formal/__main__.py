"""All proofs, as a table: ``make formal`` or ``python -m tb.formal [NAME...]``."""

import sys
import time

from rich.console import Console
from rich.table import Table

from golden.errors import DittosimError
from tb.formal.proof import Method, Proof
from tb.formal.proofs import PROOFS
from tb.formal.prover import prove, reach

console = Console(width=100, highlight=False)


def main(names: list[str]) -> int:
    """Proves those named, or all; 0 if all properties hold and all that is to be reached is.

    DittosimError for a name that is none, or where a tool is missing.
    """
    for name in names:
        if name not in PROOFS:
            raise DittosimError(f"no proof '{name}': choose from {', '.join(PROOFS)}")
    table = Table("proof", "properties", "method", "result", "reached", "seconds")
    wrong = 0
    for name in names or PROOFS:
        proof = PROOFS[name]
        begin = time.monotonic()
        with console.status(name):
            verdict, reached = prove(proof), reach(proof)
        wrong += not (verdict.holds and reached.holds)
        table.add_row(
            name,
            str(len(proof.holds)),
            said(proof),
            "hold" if verdict.holds else f"fail: {', '.join(verdict.failed)}",
            "all" if reached.holds else f"not: {', '.join(reached.failed)}",
            f"{time.monotonic() - begin:.0f}",
        )
    console.print(table)
    return 1 if wrong else 0


def said(proof: Proof) -> str:
    """How far it goes, in words."""
    if proof.method is Method.BOUNDED:
        return f"{proof.depth} cycles from reset"
    return f"unbounded, {proof.method}"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DittosimError as error:
        sys.exit(f"error: {error}")
