import gzip
from pathlib import Path

import pytest

from dittosim.silicon.liberty import OSU018, parse_liberty, read_liberty_text
from golden.errors import DittosimError
from tests.helpers.cells import library
from tests.helpers.tools import needs_osu018


def test_what_is_read() -> None:
    found = parse_liberty(library(), "cells.lib")
    assert (found.name, found.time_ns, found.femtofarads) == ("test_cells", 1.0, 1.0)
    assert found.buffer.name == "BUF_1", "the smallest"
    assert found.load == 4 * 1.5
    assert [name for name, cell in found.cells.items() if cell.flip_flop] == ["DFF_1"]
    assert [name for name, cell in found.cells.items() if cell.buffer] == ["BUF_1", "BUF_4"]
    assert found.cells["NAND2_1"].area == 1.5
    assert found.cells["NAND2_1"].functions == {"Y": "!(A B)"}
    assert found.cells["DFF_1"].capacitances == {"CK": 1.0, "D": 1.0}


def test_cells_that_no_tool_may_take() -> None:
    text = library().replace("area : 2.0;", "area : 2.0; dont_use : true;")
    assert parse_liberty(text, "cells.lib").buffer.name == "BUF_4"


def test_units() -> None:
    text = library().replace('"1ns"', '"10ps"').replace("(1, ff)", '(0.1, "pf")')
    found = parse_liberty(text, "cells.lib")
    assert (found.time_ns, found.femtofarads) == (pytest.approx(0.01), pytest.approx(100))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no Liberty library"),
        ("cell (A) { area : 1; }", "first group must be library"),
        ("no liberty at all", "line 1"),
        (library()[: library().rindex("}")], "ends within library test_cells"),
        (library() + "}", "closes nothing"),
        (library().replace("ff (IQ, IQN)", "other ()"), "no flip-flop"),
        (library().replace('function : "A"', 'function : "!A"'), "no buffer"),
        (library().replace('"1ns"', '"1 week"'), "time_unit 1 week"),
        (library().replace("(1, ff)", "(1, mile)"), "capacitive_load_unit"),
    ],
)
def test_malformed(text: str, words: str) -> None:
    with pytest.raises(DittosimError, match=r"^my\.lib: ") as refused:
        parse_liberty(text, "my.lib")
    assert words in str(refused.value)


def test_packed(tmp_path: Path) -> None:
    path = tmp_path / "cells.lib.gz"
    path.write_bytes(gzip.compress(library().encode()))
    assert read_liberty_text(path) == library()
    renamed = path.rename(tmp_path / "cells.lib")
    assert read_liberty_text(renamed) == library()


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "cells.lib.gz"
    packed = gzip.compress(library().encode())
    for content in (b"library", packed[:-20], packed[:40] + b"xxxxxxxx" + packed[48:]):
        path.write_bytes(content)
        with pytest.raises(DittosimError, match=r"cells\.lib\.gz: it is not whole, or not packed"):
            read_liberty_text(path)
    with pytest.raises(DittosimError, match=r"absent\.lib: No such file.*--liberty"):
        read_liberty_text(tmp_path / "absent.lib")
    with pytest.raises(DittosimError, match="it is a folder"):
        read_liberty_text(tmp_path)


@needs_osu018
def test_the_cells_of_debian() -> None:
    found = parse_liberty(read_liberty_text(OSU018), OSU018)
    assert (found.buffer.name, len(found.cells)) == ("BUFX2", 32)
