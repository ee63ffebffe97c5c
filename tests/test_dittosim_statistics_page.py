import base64
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from statistics_runs import short_report

from dittosim.statistics.page import SECTIONS, draw_pictures, render_page
from dittosim.statistics.tables import summary_table

VOID = {"meta", "img"}


@dataclass
class Page(HTMLParser):
    """Collects the tables and pictures of a page, and checks that its tags are balanced."""

    tables: dict[str, list[list[str]]] = field(default_factory=dict)
    pictures: list[bytes] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _rows: list[list[str]] = field(default_factory=list)
    _caption: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.links += [values[key] for key in ("src", "href") if key in values]
        if tag == "img":
            prefix = "data:image/png;base64,"
            assert values["src"].startswith(prefix) and values["alt"]
            self.pictures.append(
                base64.b64decode(values["src"].removeprefix(prefix), validate=True)
            )
        if tag == "table":
            self._rows, self._caption = [], ""
        if tag == "tr":
            self._rows.append([])
        if tag in ("th", "td"):
            self._rows[-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag
        if tag == "table":
            self.tables[self._caption] = self._rows

    def handle_data(self, data):
        if self._open and self._open[-1] == "caption":
            self._caption += data
        elif self._open and self._open[-1] in ("th", "td"):
            self._rows[-1][-1] += data


def parse(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert not page._open
    return page


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
