from dataclasses import replace

from dittosim.statistics.page import SECTIONS, draw_pictures, render_page
from dittosim.statistics.tables import summary_table
from tests.helpers.page import parse
from tests.helpers.statistics_runs import short_report


def test_page_holds_every_table_and_picture_and_needs_nothing_else():
    report = short_report()
    pictures = draw_pictures(report)
    page = parse(render_page(report, pictures))
    tables = [summary_table(report)]
    tables += [table(report) for section in SECTIONS for table in section.tables]
    assert list(page.tables) == [table.title for table in tables]
    for table in tables:
        rows = [table.columns, *table.rows, *([table.last] if table.last else [])]
        assert page.tables[table.title] == [list(row) for row in rows]
        assert {len(row) for row in rows} == {len(table.columns)}
    assert page.pictures == list(pictures.values())
    assert all(link.startswith(("data:", "#")) for link in page.links)


def test_pictures_are_the_same_from_run_to_run():
    report = short_report()
    assert draw_pictures(report) == draw_pictures(report)


def test_names_are_escaped():
    report = short_report()
    report = replace(report, workload=replace(report.workload, name="<b>&"))
    page = parse(render_page(report, draw_pictures(report)))
    assert page.tables[summary_table(report).title][0][1] == "<b>&"
