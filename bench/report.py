"""How long a report of many points keeps its reader waiting: ``python -m bench.report``.

Chromium opens the page and is timed until it has drawn what came of each action.
"""

import os
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

from dittosim.report.page import render_report
from dittosim.report.results import About, Results
from dittosim.sweeps.figures import FIGURES, Scope
from golden.machine.config import load_config

CHROMIUM = shutil.which("chromium")
POINTS = 100_000
TIMES = 5
"""Of each action; the median counts"""
TYPE = """
const input = document.querySelector('{place}');
input.value = {text};
input.dispatchEvent(new Event('input'));
"""
ACTIONS = {
    "letter typed, all columns": TYPE.format(
        place="#words", text="'defo'.slice(0, 1 + number % 4)"
    ),
    "digit typed, all columns": TYPE.format(place="#words", text="String(10 + number)"),
    "condition typed, one column": TYPE.format(
        place='[aria-label="condition on time_ms"]', text="'< ' + (20 + number)"
    ),
    "one workload of two": "document.querySelectorAll('#choices input')[number % 2].click();",
    "sort by another figure": """
report.table.sort(['energy_uj', 'area_mm2', 'power_mw', 'clock_ns', 'logic_um2'][number]);
""",
    "sort the other way": "report.table.sort('logic_um2');",
    "another axis": """
const select = document.querySelector('#axis-x');
select.value = ['cycles', 'power_mw', 'clock_ns', 'energy_uj', 'time_ms'][number];
select.dispatchEvent(new Event('change'));
""",
    "another colour": """
const select = document.querySelector('#axis-colour');
select.value = ['lanes', 'power_mw', 'flow', 'energy_uj', 'time_ms'][number];
select.dispatchEvent(new Event('change'));
""",
    "plot drawn again": "report.plot.draw();",
    "point under the pointer": "report.plot.rowAt(300 + number, 200);",
    "table scrolled": "report.table.place.scrollTop = 280000 * (number + 1);",
}
"""What is done, in JavaScript; ``number`` counts"""
TIMED = """
async (number) => {{
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  await drawn();
  const began = performance.now();
  {action}
  const script = performance.now() - began;
  await drawn();
  return [script, performance.now() - began];
}}
"""


def many_points(count: int, seed: int = 0) -> Results:
    """Points as a sweep of whole machines has them, with figures drawn at random."""
    random = np.random.default_rng(seed)
    columns: dict[str, object] = {"point": _hexadecimal(random, count, 16)}
    columns |= load_config("small").model_dump(mode="json", exclude={"dram"})
    for name, values in {
        "lanes": [1, 2, 4, 8, 16],
        "columns": [8, 16, 32, 64],
        "fifo_depth": range(1, 9),
        "bus_bytes": [8, 16, 32],
        "vector_bits": [16, 32],
    }.items():
        columns[name] = random.choice(list(values), count)
    columns |= {"hash": _hexadecimal(random, count, 12)}
    columns |= {"workload": random.choice(["digits-unet", "digits-dit"], count)}
    columns |= {"flow": random.choice(["original", "temporal", "defo"], count)}
    columns |= {"steps": 50, "images": 1, "seed": 0}
    for name, kind in FIGURES[Scope.STEPS].items():
        drawn = 10 * np.exp(random.normal(size=count))
        columns[name] = (1e6 * drawn).astype(np.int64) if kind is int else drawn
    points = pd.DataFrame(columns, index=range(count))
    return Results(Path("many/results.parquet"), points, About({}, {}, {}))


def _hexadecimal(random: np.random.Generator, count: int, digits: int) -> list[str]:
    return [random.bytes(digits // 2).hex() for _ in range(count)]


def reports(count: int = POINTS) -> Table:
    """Each action on a page of so many points."""
    results = many_points(count)
    began = time.perf_counter()
    text = render_report(results)
    seconds = time.perf_counter() - began
    table = Table("action", title=f"report of {count:,} points, {len(text) / 1e6:.1f} MB")
    table.add_column("script, ms", justify="right")
    table.add_column("until drawn, ms", justify="right")
    table.add_row("write the page", "", f"{1e3 * seconds:,.0f}")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "report.html"
        path.write_text(text)
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(path.as_uri())
        page.wait_for_selector("body[data-ready]")
        opened = page.evaluate("performance.getEntriesByName('ready')[0].startTime")
        table.add_row("open, until the first table", "", f"{opened:,.0f}")
        for name, action in ACTIONS.items():
            script, drawn = _timed(page, action)
            page.click("#clear")
            table.add_row(name, f"{script:,.0f}", f"{drawn:,.0f}")
        browser.close()
    return table


def _timed(page: Page, action: str) -> tuple[float, float]:
    """Milliseconds of its script, and until the next frame is drawn."""
    timed = TIMED.format(action=action)
    found = [page.evaluate(timed, number) for number in range(TIMES)]
    return median(one[0] for one in found), median(one[1] for one in found)


if __name__ == "__main__":
    Console(width=100, highlight=False).print(reports())
