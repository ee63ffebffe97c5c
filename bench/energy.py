"""The tables of docs/energy.md, made anew: ``python -m bench.energy LIBERTY...``.

Runs ``dittosim energy -c small`` with each Liberty file and writes the tables below the marker in
that page. What is measured with the first file, also of the same machine with dense tiles, are the
tables that come with dittosim.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.page import marked
from dittosim.energy.table import (
    SHIPPED,
    SHIPPED_DENSE,
    EnergyTable,
    load_energies,
    row_name,
)
from dittosim.energy.tables import event_sums
from golden.files import write_whole

PAGE = Path("docs/energy.md")
SMALL, DENSE = "small", "docs/machines/dense.toml"
TABLES = {SMALL: SHIPPED, DENSE: SHIPPED_DENSE}
"""By machine"""


def main() -> None:
    """Measures, and writes the page."""
    with marked(PAGE, "bench.energy", sys.argv[1:]) as add, tempfile.TemporaryDirectory() as place:
        for number, liberty in enumerate(sys.argv[1:]):
            for config in (SMALL, DENSE) if number == 0 else (SMALL,):
                path = Path(place, f"{number}-{TABLES[config]}.toml")
                figures = measured(liberty, config, path)
                if number == 0:
                    write_whole(Path("dittosim/energy", f"{TABLES[config]}.toml"), path.read_text())
                add(tables(load_energies(str(path)), figures, config, Path(liberty).name))


def measured(liberty: str, config: str, output: Path) -> dict[str, Any]:
    """What the command says of a machine in these cells."""
    command = ["energy", "-c", config, "--liberty", liberty, "-o", str(output), "--json", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "dittosim", *command], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def tables(table: EnergyTable, figures: dict[str, Any], config: str, file: str) -> str:
    """Sums over the machine, how well they hold, and modules, of one library."""
    return (
        f"\n### {table.title}\n\n"
        f"    dittosim energy -c {config} --liberty {file} -o energies.toml\n\n"
        f"{table.source}. Leakage: logic {table.logic_leakage_uw / 1e3:.1f} mW, memories "
        f"{table.macros_leakage_uw / 1e3:.1f} mW.\n\n"
        f"{_sums(table)}\n{_checks(figures['checks'])}\n{_modules(table, figures['checks'])}"
    )


def _sums(table: EnergyTable) -> str:
    rows = ["| of the whole machine, pJ | logic | memories |\n|---|---|---|\n"]
    for name, logic, memories in event_sums(table):
        rows.append(f"| {name} | {logic:,.1f} | {memories:,.1f} |\n")
    return "".join(rows)


def _checks(checks: list[dict[str, Any]]) -> str:
    rows = ["| what ran | cycles | nJ, switched | nJ, table | error, % |\n|---|---|---|---|---|\n"]
    for one in checks:
        switched, table = (sum(one[name].values()) / 1e3 for name in ("measured", "predicted"))
        rows.append(
            f"| {one['recording']} | {one['cycles']:,} | {switched:,.1f} | {table:,.1f} | "
            f"{100 * one['error']:+.1f} |\n"
        )
    return "".join(rows)


def _modules(table: EnergyTable, checks: list[dict[str, Any]]) -> str:
    """At rest, and on the mean of a cycle in what was recorded."""
    names = [one["recording"] for one in checks]
    rows = [
        f"| module, pJ a cycle | number | at rest | {' | '.join(names)} |\n",
        f"|---|---|---|{'---|' * len(names)}\n",
    ]
    for module in sorted(table.modules, key=lambda each: -each.idle_pj):
        name = row_name(module)
        means = (one["measured"].get(name, 0.0) / one["cycles"] for one in checks)
        rows.append(
            f"| {name} | {module.instances} | {module.idle_pj:,.2f} | "
            f"{' | '.join(f'{each:,.2f}' for each in means)} |\n"
        )
    return "".join(rows)


if __name__ == "__main__":
    main()
