import pytest

from golden.errors import DittosimError
from golden.machine.config import load_config
from tb.harness.build_needs import BuildNeeds, build_notice
from tb.harness.simulators import Simulator


def test_only_large_machines_are_told_of() -> None:
    for name in ("tiny", "small"):
        assert build_notice(load_config(name), Simulator.VERILATOR) == ""
    paper = load_config("paper")
    assert build_notice(paper, Simulator.ICARUS) == ""
    notice = build_notice(paper, Simulator.VERILATOR)
    assert notice.startswith("154 tiles, 39,424 multipliers: ")
    assert "minutes and 1.4 GB of memory" in notice


def test_more_tiles_take_no_more_memory() -> None:
    paper = load_config("paper")
    one = paper.model_copy(update={"tiles_m": 1, "tiles_n": 1})
    assert BuildNeeds.of(paper).peak_bytes == BuildNeeds.of(one).peak_bytes < 8e9


def test_machines_that_no_memory_holds() -> None:
    wide = load_config("small").model_copy(update={"columns": 4096, "lanes": 16})
    with pytest.raises(DittosimError, match="takes about 328 GB of memory, this system has"):
        build_notice(wide, Simulator.VERILATOR)
