"""The tables of docs/silicon.md, made anew: ``python -m bench.silicon LIBERTY...``.

Runs ``dittosim ppa -c small`` with each Liberty file, for both aims, and writes the tables below
the marker in that page.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = Path("docs/silicon.md")
MARKER = "<!-- made by python -m bench.silicon: what is below is written over -->\n"


def main() -> None:
    """Measures, and writes the page."""
    head, marker, _ = PAGE.read_text().partition(MARKER)
    tables = [_table(measured(path), Path(path).name) for path in sys.argv[1:]]
    if not marker or not tables:
        raise SystemExit(f"error: name Liberty files; {PAGE} must have the line {MARKER}")
    PAGE.write_text(head + marker + "".join(tables))


def measured(liberty: str) -> dict[str, Any]:
    """What the command says of ``small`` in these cells."""
    command = ["ppa", "-c", "small", "--aim", "both", "--liberty", liberty, "--json", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "dittosim", *command], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def _table(found: dict[str, Any], file: str) -> str:
    area, speed = (found["aims"][aim] for aim in ("area", "speed"))
    tools = ", ".join(found["tools"].values())
    head = (
        f"\n## {found['liberty']}\n\n    dittosim ppa -c small --liberty {file}\n\n"
        f"{tools}. Each module without what is in it; ns between its own registers in brackets.\n\n"
        "| module | number | um2 for area | ns | um2 for speed | ns |\n|---|---|---|---|---|---|\n"
    )
    rows = [head]
    for name in sorted(area["modules"], key=lambda each: -speed["modules"][each]["um2"]):
        small, fast = area["modules"][name], speed["modules"][name]
        rows.append(
            f"| {name.removeprefix('ditto_')} | {small['number']} | {small['um2']:,.0f} | "
            f"{_ns(small)} | {fast['um2']:,.0f} | {_ns(fast)} |\n"
        )
    totals = [
        f"{one['total']['logic_um2']:,.0f} | {one['total']['slowest_ns']:.2f}"
        for one in (area, speed)
    ]
    return "".join([*rows, f"| **all logic** | | {' | '.join(totals)} |\n"])


def _ns(module: dict[str, Any]) -> str:
    worst, registers = module["worst"], module["registers"]
    if not worst:
        return "-"
    return f"{worst['ns']:.2f}" + (f" ({registers['ns']:.2f})" if registers else "")


if __name__ == "__main__":
    main()
