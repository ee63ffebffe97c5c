from pathlib import Path

import pytest

from dittosim.designs.design import SHIPPED, load_design
from golden.errors import DittosimError
from golden.machine.config import load_config

SMALL = load_config("small")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_designs_are_what_their_files_are_called(name: str) -> None:
    design = load_design(name)
    assert design.name == name
    assert not design.fixed
    assert design.config(SMALL).columns == SMALL.columns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('title = "a"\nflow = "defo"', ("name: is missing",)),
        ('name = "a"\ntitle = "a"\nflow = "float"', ("machines compute in integers",)),
        ('name = "a"\ntitle = "a"\nflow = "fast"', ("flow = 'fast'", "raw-attention")),
        ('name = "a"\ntitle = "a"\nflow = "defo"\nmodel = "x"', ("model = 'x'", "cambricon-d")),
        ('name = "a"\ntitle = "a"\nflow = "defo"\nspeed = 2', ("unknown field 'speed'",)),
        ("name = ", ("not valid TOML",)),
    ],
)
def test_wrong_files(text: str, words: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(DittosimError) as caught:
        load_design(str(path))
    assert "mine.toml" in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def test_a_field_that_machines_do_not_have(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\ntitle = "a"\nflow = "defo"\n[machine]\nlane = 4\n')
    with pytest.raises(DittosimError, match="design mine: unknown field 'lane'"):
        load_design(str(path)).config(SMALL)


def test_no_such_design() -> None:
    with pytest.raises(DittosimError, match="no design 'dito': choose one of itc, diffy, "):
        load_design("dito")
