import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd

from dittosim.report.page import render_report
from dittosim.report.results import load_results
from dittosim.sweeps.store import VERSION
from tests.helpers.sweep_results import ABOUT, sweep_points, write_results

HOSTILE = "</script><b>x</b><img src=x onerror=alert(1)>&\u2028'\""


class Tags(HTMLParser):
    """Counts tags, and keeps what scripts and links hold."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str | None] = []
        self.scripts: dict[str, str] = {}
        self._script = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value for key, value in attrs if key in ("src", "href")]
        self._script = (dict(attrs).get("id") or "main") if tag == "script" else ""

    def handle_endtag(self, tag: str) -> None:
        self._script = ""

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data


def page_of(folder: Path, points: pd.DataFrame, about: Any = ABOUT) -> str:
    return render_report(load_results(write_results(folder / "results.parquet", points, about)))


def test_it_needs_no_other_file(tmp_path: Path) -> None:
    text = page_of(tmp_path, sweep_points())
    tags = Tags(text)
    assert tags.links == ["data:,", "#run"]
    assert set(tags.scripts) == {"about", "block", "main"}
    assert not re.search(r"https?://|@import|url\(", text)
    assert "default-src 'none'" in text
    assert text == page_of(tmp_path, sweep_points()), "the same to the byte"


def test_it_says_what_the_run_was(tmp_path: Path) -> None:
    text = page_of(tmp_path, sweep_points())
    for words in ("64 points", "digits, faces", "lanes &lt; 64", "0123456789ab", VERSION):
        assert words in text
    assert "another version" not in text
    old = json.loads(json.dumps(ABOUT).replace(VERSION, "0.0.1"))
    assert "dittosim 0.0.1, another version" in page_of(tmp_path, sweep_points(), old)


def test_a_table_without_a_word_on_its_points(tmp_path: Path) -> None:
    text = page_of(tmp_path, pd.DataFrame({"cycles": [3, 4]}), None)
    assert "2 points" in text
    about = json.loads(Tags(text).scripts["about"])
    assert about["goals"] == {"cycles": "min"}


def test_everything_is_escaped(tmp_path: Path) -> None:
    plain = Tags(page_of(tmp_path, sweep_points()))
    points = sweep_points(workloads=(HOSTILE, "b"))
    points[HOSTILE] = 1.0
    points["flow"] = HOSTILE
    about = json.loads(json.dumps(ABOUT))
    about["settings"]["dittosim"] = HOSTILE
    about["settings"]["workloads"] = {HOSTILE: HOSTILE}
    about["versions"] = {HOSTILE: HOSTILE}
    about["space"] |= {"base": HOSTILE, "conditions": [HOSTILE], "grid": {HOSTILE: [HOSTILE]}}
    text = page_of(tmp_path, points, about)
    assert HOSTILE not in text
    hostile = Tags(text)
    assert set(hostile.names) == set(plain.names)
    assert hostile.names.count("script") == 3
    assert "b" not in hostile.names
    assert "img" not in hostile.names
    columns = json.loads(hostile.scripts["about"])["columns"]
    assert HOSTILE in [column["name"] for column in columns]


def test_a_space_that_makes_no_sense(tmp_path: Path) -> None:
    about = {"settings": {"workloads": 3}, "versions": {"python": [1]}}
    about |= {"space": {"grid": 4, "conditions": "all", "objectives": [], "random": 5, "base": {}}}
    assert "64 points" in page_of(tmp_path, sweep_points(), about)
