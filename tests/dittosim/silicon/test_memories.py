from pathlib import Path

import pytest

from dittosim.silicon.design import Memory
from dittosim.silicon.memories import FIGURES, MemoryTable, Origin, load_memories
from golden.errors import DittosimError

TABLE = """
title = "mine"
source = "a data sheet"
[[sizes]]
depth = 256
width = 8
area_um2 = 1000
read_pj = 1
write_pj = 2
access_ns = 0.5
leakage_uw = 3
"""


def test_sizes_of_the_table() -> None:
    table = load_memories(None)
    assert "CACTI 7" in table.source
    for size in table.sizes:
        macro = table.macro(Memory(size.width, size.depth, 1, 1))
        assert macro.origin is Origin.TABLE
        assert [getattr(macro, name) for name in FIGURES] == [getattr(size, n) for n in FIGURES]


def test_between_sizes() -> None:
    table = load_memories(None)
    small, large = (table.macro(Memory(64, depth, 1, 1)) for depth in (1024, 4096))
    found = table.macro(Memory(64, 2048, 1, 1))
    assert found.origin is Origin.INTERPOLATED
    for name in FIGURES:
        assert getattr(small, name) < getattr(found, name) < getattr(large, name)
    near = table.macro(Memory(64, 1025, 1, 1))
    assert near.area_um2 == pytest.approx(small.area_um2, rel=0.01)


def test_beyond_the_table() -> None:
    table = load_memories(None)
    found = table.macro(Memory(8, 256, 1, 1))
    assert found.origin is Origin.EXTRAPOLATED
    assert 0 < found.area_um2 < table.sizes[0].area_um2 / 10


def test_power_laws_are_found_exactly() -> None:
    def size(depth: int, width: int) -> dict[str, float]:
        bits = depth * width
        law = 3 * bits**0.7 * width**0.2
        return {"depth": depth, "width": width, **dict.fromkeys(FIGURES, law)}

    sizes = [size(*one) for one in ((64, 8), (1024, 8), (256, 64), (4096, 32))]
    table = MemoryTable.model_validate({"title": "law", "source": "law", "sizes": sizes})
    found = table.macro(Memory(16, 512, 1, 1))
    assert found.read_pj == pytest.approx(3 * 8192**0.7 * 16**0.2)


def test_own_tables(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TABLE)
    table = load_memories(path)
    assert table.macro(Memory(8, 256, 1, 1)).area_um2 == 1000
    with pytest.raises(DittosimError, match="'mine': no size of 128 x 8 bits; add"):
        table.macro(Memory(8, 128, 1, 1))


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("area_um2 = 1000", "area_um2 = -1", "area_um2 = -1"),
        ("read_pj = 1\n", "", "read_pj: is missing"),
        ("source", "from", "source: is missing"),
        ("title", "=", "not valid TOML"),
    ],
)
def test_wrong_tables(tmp_path: Path, before: str, after: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TABLE.replace(before, after))
    with pytest.raises(DittosimError, match=r"mine\.toml: ") as refused:
        load_memories(path)
    assert words in str(refused.value)
