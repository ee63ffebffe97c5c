"""The tables of docs/silicon.md, made anew: ``python -m bench.silicon LIBERTY...``.

Runs ``dittosim ppa -c small`` with each Liberty file, for both aims, and writes the tables below
the marker in that page.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.page import marked
from dittosim.silicon.parts import Part, part_of

PAGE = Path("docs/silicon.md")


def main() -> None:
    """Measures, and writes the page."""
    with marked(PAGE, "bench.silicon", sys.argv[1:]) as add:
        for path in sys.argv[1:]:
            add(_table(measured(path), Path(path).name))


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
        "| module | number | um2 for area | ns | um2 for speed | ns | longest path for speed |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    rows = [head]
    for name in sorted(area["modules"], key=lambda each: -speed["modules"][each]["um2"]):
        small, fast = area["modules"][name], speed["modules"][name]
        rows.append(
            f"| {name.removeprefix('ditto_')} | {small['number']} | {small['um2']:,.0f} | "
            f"{_ns(small)} | {fast['um2']:,.0f} | {_ns(fast)} | {_path(fast)} |\n"
        )
    totals = [
        f"{one['total']['logic_um2']:,.0f} | {one['total']['slowest_ns']:.2f}"
        for one in (area, speed)
    ]
    rows.append(f"| **all logic** | | {' | '.join(totals)} | |\n")
    return "".join([*rows, *_parts(area, speed)])


def _parts(area: dict[str, Any], speed: dict[str, Any]) -> Iterator[str]:
    """The same by parts of the machine."""
    yield "\n| part | um2 for area | % | um2 for speed | % |\n|---|---|---|---|---|\n"
    for part in Part:
        cells = []
        for one in (area, speed):
            modules = one["modules"].items()
            um2 = sum(m["number"] * m["um2"] for name, m in modules if part_of(name) is part)
            cells.append(f"{um2:,.0f} | {100 * um2 / one['total']['logic_um2']:.1f}")
        yield f"| {part} | {' | '.join(cells)} |\n"


def _ns(module: dict[str, Any]) -> str:
    worst, registers = module["worst"], module["registers"]
    if not worst:
        return "-"
    return f"{worst['ns']:.2f}" + (f" ({registers['ns']:.2f})" if registers else "")


def _path(module: dict[str, Any]) -> str:
    worst = module["worst"]
    return f"`{worst['start']}` to `{worst['end']}`" if worst else ""


if __name__ == "__main__":
    main()
