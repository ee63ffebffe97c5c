"""The page in a real browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, Locator, Page

from dittosim.report.page import render_report
from dittosim.report.results import load_results
from dittosim.sweeps.front import pareto_front
from dittosim.sweeps.space import Goal
from golden.machine.config import parse_config
from tests.helpers.browser import chromium, needs_chromium, shown
from tests.helpers.sweep_results import machine, sweep_points, write_results

pytestmark = needs_chromium
HOSTILE = "</script><b>x</b><img src=x onerror=alert(1)>&'\""
POINTS = sweep_points()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def written(folder: Path, points: pd.DataFrame) -> Path:
    results = load_results(write_results(folder / "results.parquet", points))
    path = folder / "report.html"
    path.write_text(render_report(results))
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("report"), POINTS)


@pytest.fixture
def page(browser: Browser, path: Path) -> Iterator[Page]:
    with shown(browser, path) as one:
        yield one


def rows(page: Page) -> list[int]:
    """The numbers of all points that the table has, in their order."""
    return page.evaluate("Array.from(report.table.rows)")


def column(page: Page, name: str) -> list[str]:
    """The cells of a column that are in the page."""
    place = page.evaluate("name => report.table.names.indexOf(name)", name)
    cells = page.locator(f"#table tbody tr.pick td:nth-child({place + 1})")
    return cells.all_inner_texts()


def condition(page: Page, name: str) -> Locator:
    return page.get_by_label(f"condition on {name}", exact=True)


def chosen(page: Page) -> Any:
    return page.evaluate("report.selection.chosen")


def drawn(page: Page) -> None:
    """Waits for the next frame."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")


def expected(test: pd.Series) -> list[int]:
    return list(np.flatnonzero(test))


def test_opened(page: Page) -> None:
    assert page.title() == "Sweep of digits, faces"
    assert page.locator("#count").inner_text() == "64 of 64 points"
    assert rows(page) == list(range(64))
    first = POINTS.iloc[0]
    assert column(page, "workload")[0] == first["workload"]
    shown_time = float(column(page, "time_ms")[0].replace(",", ""))
    assert shown_time == pytest.approx(first["time_ms"], rel=1e-4)
    assert column(page, "cycles")[0] == f"{first['cycles']:,}"


def test_all_values_arrive(page: Page) -> None:
    """All columns, to the last bit."""
    found = page.evaluate(
        "Object.fromEntries(report.selection.columns.map(column => [column.name, column.isNumber "
        "? Array.from(column.numbers) : Array.from(column.codes, code => column.values[code])]))"
    )
    assert list(found) == list(POINTS)
    for name in POINTS:
        values = POINTS[name].tolist()
        if name == "pareto":
            values = ["yes" if value else "no" for value in values]
        assert found[name] == values, name


def test_sort(page: Page) -> None:
    order = POINTS["energy_uj"].argsort(kind="stable").tolist()
    head = page.locator("#table th", has=page.get_by_role("button", name="energy_uj", exact=True))
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert rows(page) == order
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert rows(page) == order[::-1]
    head.get_by_role("button").click()
    assert rows(page) == list(range(64))
    page.get_by_role("button", name="workload", exact=True).click()
    page.get_by_role("button", name="lanes", exact=True).click()
    assert rows(page) == POINTS["lanes"].argsort(kind="stable").tolist()


def test_words(page: Page) -> None:
    page.fill("#words", "FACE temp")
    both = (POINTS["workload"] == "faces") & (POINTS["flow"] == "temporal")
    assert rows(page) == expected(both)
    assert page.locator("#count").inner_text() == f"{both.sum()} of 64 points"
    page.fill("#words", POINTS["point"][17])
    assert rows(page) == [17]
    figure = POINTS["energy_uj"][5]
    page.fill("#words", f"{int(100 * figure) / 100:.2f}")
    assert 5 in rows(page)
    page.fill("#words", "no such thing")
    assert rows(page) == []
    assert "No point keeps all conditions" in page.locator("#table").inner_text()
    page.click("#clear")
    assert len(rows(page)) == 64


@pytest.mark.parametrize(
    ("name", "text", "test"),
    [
        ("lanes", "> 2", lambda p: p["lanes"] > 2),
        ("lanes", ">=2 <8", lambda p: (p["lanes"] >= 2) & (p["lanes"] < 8)),
        ("lanes", "> 1 & < 4, 8", lambda p: p["lanes"].isin([2, 8])),
        ("lanes", "2..4", lambda p: p["lanes"].isin([2, 4])),
        ("lanes", "1, 8", lambda p: p["lanes"].isin([1, 8])),
        ("lanes", "!= 4", lambda p: p["lanes"] != 4),
        ("time_ms", "<= 1_0.5", lambda p: p["time_ms"] <= 10.5),
        ("cycles", "< 1e7", lambda p: p["cycles"] < 1e7),
        ("flow", "TEMP", lambda p: p["flow"] == "temporal"),
        ("flow", "=defo", lambda p: p["flow"] == "defo"),
        ("flow", "!defo", lambda p: p["flow"] == "temporal"),
        ("pareto", "yes", lambda p: p["pareto"]),
    ],
)
def test_conditions(page: Page, name: str, text: str, test: Any) -> None:
    condition(page, name).fill(text)
    assert rows(page) == expected(test(POINTS))
    page.get_by_role("button", name=f"{name}: {text}").click()
    assert len(rows(page)) == 64
    assert condition(page, name).input_value() == ""


def test_what_is_no_condition(page: Page) -> None:
    condition(page, "columns").fill("8")
    for text in ("> x", ">", "2..", "4 8x", "..", "1,"):
        condition(page, "lanes").fill(text)
        assert condition(page, "lanes").get_attribute("aria-invalid") == "true"
        assert rows(page) == expected(POINTS["columns"] == 8)
    condition(page, "columns").fill("16")
    assert condition(page, "lanes").input_value() == "1,", "what is typed stays"
    page.click("#clear")
    assert condition(page, "lanes").input_value() == ""
    assert len(rows(page)) == 64


def test_choices(page: Page) -> None:
    page.get_by_label("digits", exact=True).uncheck()
    page.get_by_label("defo", exact=True).uncheck()
    test = (POINTS["workload"] == "faces") & (POINTS["flow"] == "temporal")
    assert rows(page) == expected(test)
    page.get_by_label("Pareto front only").check()
    assert rows(page) == expected(test & POINTS["pareto"])


def front_of(page: Page) -> set[int]:
    drawn(page)
    return set(page.evaluate("report.plot.fronts.flat()"))


def test_axes_and_front(page: Page) -> None:
    """The front of any two figures, of each workload, whatever is better."""
    goals = {"time_ms": Goal.MIN, "area_mm2": Goal.MIN}
    assert front_of(page) == set(expected(pareto_front(POINTS, goals)))
    page.select_option("#axis-x", "power_mw")
    page.select_option("#axis-y", "cycles_vector")
    goals = {"power_mw": Goal.MIN, "cycles_vector": Goal.MIN}
    assert front_of(page) == set(expected(pareto_front(POINTS, goals)))
    page.select_option("#goal-y", "max")
    goals = {"power_mw": Goal.MIN, "cycles_vector": Goal.MAX}
    assert front_of(page) == set(expected(pareto_front(POINTS, goals)))
    page.fill("#words", "defo")
    some = POINTS[POINTS["flow"] == "defo"]
    assert front_of(page) == set(some.index[pareto_front(some, goals)])


def test_ties_are_on_the_front(browser: Browser, tmp_path: Path) -> None:
    points = sweep_points(workloads=("one",))
    rng = np.random.default_rng(3)
    points["time_ms"] = rng.integers(1, 6, len(points)).astype(float)
    points["area_mm2"] = rng.integers(1, 6, len(points)).astype(float)
    goals = {"time_ms": Goal.MIN, "area_mm2": Goal.MIN}
    with shown(browser, written(tmp_path, points)) as page:
        assert front_of(page) == set(expected(pareto_front(points, goals)))


@pytest.mark.parametrize("name", ["flow", "lanes", "energy_uj", "pareto", "workload", "point"])
def test_colours(page: Page, name: str) -> None:
    page.select_option("#axis-colour", name)
    assert name in page.locator("#legend").inner_text()
    assert page.locator("#legend canvas").count() == (name == "energy_uj")
    coloured = page.evaluate(
        "(() => { const c = document.querySelector('#plot canvas'); const seen = new Set();"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height)"
        ".data.buffer); d.forEach(v => seen.add(v)); return seen.size; })()"
    )
    assert coloured > 10


def at(page: Page, row: int) -> tuple[float, float]:
    """Where a point is on the screen."""
    page.locator("#plot").scroll_into_view_if_needed()
    drawn(page)
    box = page.locator("#plot").bounding_box()
    assert box
    x, y = page.evaluate("row => report.plot.pixelOfRow(row)", row)
    return box["x"] + x, box["y"] + y


def test_hover_and_click(page: Page) -> None:
    row = page.evaluate("report.plot.fronts[0][0]")
    page.mouse.move(*at(page, row))
    tip = page.locator("#tip").inner_text()
    for name in ("time_ms", "area_mm2", "energy_uj", "workload", "flow", "lanes"):
        assert name in tip
    assert POINTS["flow"][row] in tip
    page.mouse.click(*at(page, row))
    assert chosen(page) == row
    assert POINTS["point"][row] in page.locator("#machine h3").inner_text()
    selected = page.locator("#table tr[aria-selected=true]")
    assert selected.get_attribute("data-row") == str(row)
    page.mouse.move(5, 5)
    assert page.locator("#tip").is_hidden()


def test_keys(page: Page) -> None:
    page.focus("#table")
    for key, place in (("ArrowDown", 0), ("ArrowDown", 1), ("End", 63), ("ArrowUp", 62)):
        page.keyboard.press(key)
        assert chosen(page) == place
        assert page.locator("#table tr[aria-selected=true]").count() == 1
    page.keyboard.press("Home")
    assert chosen(page) == 0
    page.focus("#plot")
    front = page.evaluate("report.plot.fronts.flat()")
    page.evaluate("report.selection.choose(null)")
    for row in front[:3]:
        page.keyboard.press("ArrowRight")
        assert chosen(page) == row


def test_zoom(page: Page) -> None:
    assert page.locator("#whole").is_disabled()
    (x, y), (far_x, far_y) = at(page, 3), at(page, 40)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(far_x, far_y, steps=4)
    page.mouse.up()
    zoom = page.evaluate("report.plot.zoom")
    times = sorted([POINTS["time_ms"][3], POINTS["time_ms"][40]])
    assert zoom["x"] == pytest.approx(times, rel=0.05)
    assert len(rows(page)) == 64
    page.click("#only")
    inside = POINTS["time_ms"].between(*zoom["x"]) & POINTS["area_mm2"].between(*zoom["y"])
    assert set(rows(page)) ^ set(expected(inside)) <= {3, 40}, "but for those at the corners"
    assert page.locator("#conditions button").count() == 2
    assert page.locator("#only").is_disabled()


def test_every_machine_as_toml(page: Page) -> None:
    for row in range(64):
        page.evaluate("row => report.selection.choose(row)", row)
        text = page.locator("#toml").text_content()
        assert parse_config(text, "text").digest() == POINTS["hash"][row]
        assert "lanes = 4\n" not in text, "a default"


def test_copying(page: Page) -> None:
    page.locator("#table tbody tr.pick").nth(7).click()
    page.click("#copy")
    page.wait_for_selector("#copy:text('Copied')")
    text = page.evaluate("navigator.clipboard.readText()")
    assert parse_config(text, "text").digest() == POINTS["hash"][7]
    # Where a browser keeps the clipboard from pages.
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
    page.locator("#table tbody tr.pick").nth(9).click()
    page.click("#copy")
    page.wait_for_selector("#copy:text('Copied')")
    text = page.evaluate("navigator.clipboard.readText()")
    assert parse_config(text, "text").digest() == POINTS["hash"][9]


def test_best_machines(page: Page) -> None:
    best = page.locator("#best tbody tr")
    lines = [
        (line.locator(".tag").all_inner_texts(), line.locator("td").all_inner_texts())
        for line in best.all()
    ]
    for workload, alike in POINTS.groupby("workload"):
        for figure in ("time_ms", "energy_uj", "energy_delay_uj_ms"):
            (cells,) = [c for tags, c in lines if f"least {figure}" in tags and workload in c]
            machine_of = POINTS.loc[alike[figure].idxmin(), ["flow", "lanes", "columns"]]
            assert cells[2:5] == [str(value) for value in machine_of]
    assert sum("front" in tags for tags, _ in lines) == POINTS["pareto"].sum()
    page.get_by_label("faces", exact=True).uncheck()
    page.locator("#best tbody tr", has_text="faces").first.wait_for(state="detached")
    first = best.first
    first.get_by_role("button", name="Copy TOML").click()
    first.get_by_role("button", name="Copied").wait_for()
    text = page.evaluate("navigator.clipboard.readText()")
    digits = POINTS[POINTS["workload"] == "digits"]
    assert parse_config(text, "text").digest() == POINTS["hash"][digits["time_ms"].idxmin()]
    first.press("Enter")
    assert chosen(page) == digits["time_ms"].idxmin()


def test_column_chooser(page: Page) -> None:
    page.click("#chooser summary")
    page.get_by_label("seed", exact=True).check()
    page.get_by_label("flow", exact=True).and_(page.locator("#chooser input")).uncheck()
    names = page.evaluate("report.table.names")
    assert names[-1] == "seed"
    assert "flow" not in names
    page.get_by_role("button", name="All", exact=True).click()
    assert page.evaluate("report.table.names") == list(POINTS)
    page.get_by_role("button", name="As at first").click()
    assert page.evaluate("report.table.names")[:2] == ["workload", "flow"]
    page.keyboard.press("Escape")
    assert page.locator("#chooser .drop").is_hidden()


def test_only_rows_in_view_are_in_the_page(browser: Browser, tmp_path: Path) -> None:
    points = pd.concat([POINTS] * 100, ignore_index=True)
    points["cycles"] = range(len(points))
    with shown(browser, written(tmp_path, points)) as page:
        assert page.locator("#table tbody tr").count() < 60
        page.locator("#table").evaluate("table => { table.scrollTop = table.scrollHeight; }")
        drawn(page)
        assert f"{len(points) - 1:,}" in column(page, "cycles")
        assert page.locator("#table tbody tr").count() < 60
        head = page.locator("#table thead").bounding_box()
        table = page.locator("#table").bounding_box()
        assert head and table
        page.get_by_role("button", name="cycles", exact=True).wait_for(state="visible")
        page.focus("#table")
        page.keyboard.press("Home")
        assert column(page, "cycles")[0] == "0"


def test_absent_values(browser: Browser, tmp_path: Path) -> None:
    points = POINTS.head(6).copy()
    points.loc[[1, 4], "energy_uj"] = np.nan
    points["note"] = ["b", None, "a", None, "c", "a"]
    points["fifo_depth"] = pd.array([4, None, 8, 4, 4, 4], "Int64")
    with shown(browser, written(tmp_path, points)) as page:
        page.evaluate("report.table.sort('energy_uj')")
        assert rows(page)[-2:] == [1, 4]
        page.evaluate("report.table.sort('energy_uj')")
        assert rows(page)[-2:] == [1, 4], "falling, too"
        page.evaluate("report.table.sort('note')")
        assert rows(page) == [2, 5, 0, 4, 1, 3]
        page.evaluate("report.selection.choose(1)")
        text = page.locator("#toml").text_content()
        assert "fifo_depth" not in text
        page.evaluate("report.selection.choose(2)")
        assert "fifo_depth = 8\n" in page.locator("#toml").text_content()


def test_machines_on_dram(browser: Browser, tmp_path: Path) -> None:
    drams = [None, "lpddr4-3200", {"standard": "hbm2", "channels": 2}]
    machines = [machine(4, 16, dram) for dram in drams]
    points = POINTS.head(3).copy()
    points["dram"] = [json.dumps(d) if isinstance(d, dict) else d for d in drams]
    points[["lanes", "columns"]] = [4, 16]
    with shown(browser, written(tmp_path, points)) as page:
        assert "dram" in page.evaluate("report.table.names")
        for row, made in enumerate(machines):
            page.evaluate("row => report.selection.choose(row)", row)
            assert parse_config(page.locator("#toml").text_content(), "text") == made


def test_hostile_names(browser: Browser, tmp_path: Path) -> None:
    points = sweep_points(workloads=(HOSTILE, "b"))
    points[f"{HOSTILE}2"] = np.arange(len(points)) / 7
    points.loc[points["flow"] == "defo", "flow"] = HOSTILE
    for width in (1600, 390):
        with shown(browser, written(tmp_path, points), width=width) as page:
            page.evaluate("report.selection.choose(0)")
            page.locator("#plot").focus()
            page.keyboard.press("ArrowRight")
            page.select_option("#axis-colour", "workload")
            page.select_option("#axis-x", f"{HOSTILE}2")
            page.click("#chooser summary")
            page.get_by_role("button", name="All", exact=True).click()
            page.mouse.click(5, 5)
            assert HOSTILE in page.locator("h1").inner_text()
            assert HOSTILE in page.locator("#legend").inner_text()
            assert HOSTILE in page.locator("#machine h3").inner_text()
            assert page.locator("img").count() == page.locator("b").count() == 0
            assert_no_overflow(page)


def assert_no_overflow(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1600, 1024, 768, 390, 320])
def test_layouts(browser: Browser, path: Path, width: int, dark: bool) -> None:
    with shown(browser, path, width=width, height=844, dark=dark) as page:
        page.evaluate("report.selection.choose(3)")
        condition(page, "lanes").fill("> 1")
        page.locator("#machine summary").click()
        page.click("#chooser summary")
        assert_no_overflow(page)
        drop = page.locator("#chooser .drop").bounding_box()
        assert drop
        assert drop["x"] >= 0
        assert drop["x"] + drop["width"] <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(22, 26, 24)") == dark


def test_one_point(browser: Browser, tmp_path: Path) -> None:
    with shown(browser, written(tmp_path, POINTS.head(1))) as page:
        assert page.locator("#best tbody tr").count() == 1
        assert front_of(page) == {0}
