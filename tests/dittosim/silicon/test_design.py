from collections import Counter
from pathlib import Path

import pytest

from dittosim.silicon.design import Memory, emitted, split
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from tests.helpers.cells import DESIGN
from tests.helpers.emissions import emission
from tests.helpers.tools import needs_yosys

RAM = Memory(width=8, depth=64, reads=1, writes=1)


@needs_yosys
def test_modules_and_memories(tmp_path: Path) -> None:
    design = split("ditto_top", DESIGN, tmp_path)
    assert design.modules.keys() == {"ditto_top", "ditto_child", "ditto_pair"}
    assert design.modules["ditto_top"].children == {"ditto_pair": 2, "ditto_child": 1}
    assert design.instances == {"ditto_top": 1, "ditto_pair": 2, "ditto_child": 5}
    assert design.within("ditto_pair") == {"ditto_pair": 1, "ditto_child": 2}
    # The memory by hand is part of what has it, and the small one becomes flip-flops.
    assert design.modules["ditto_pair"].memories == {RAM: 1}
    assert design.memories() == Counter({RAM: 2})
    files = {path.name: path.read_text() for path in tmp_path.glob("*.il")}
    assert files.keys() == {"boxes.il", *(f"{name}.il" for name in design.modules)}
    # New names are counted on from those of the whole design.
    assert all("\nautoidx " in f"\n{files[f'{name}.il']}" for name in design.modules)


def test_names_of_macros() -> None:
    assert RAM.macro == "memory_64x8_1r1w"
    assert RAM.ports()["WR_ADDR"] == ("input", 6)
    assert RAM.ports()["RD_DATA"] == ("output", 8)
    assert Memory(8, 1, 2, 1).ports()["RD_ADDR"] == ("input", 2)


def test_modules_by_either_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dittosim.silicon.design.emit", emission)
    config = load_config("tiny")
    for name in ("pe", "ditto_column"):
        found, verilog = emitted(name, config)
        assert found == "ditto_" + name.removeprefix("ditto_")
        assert f"module {found}(" in verilog


def test_unknown_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dittosim.silicon.design.emit", emission)
    with pytest.raises(DittosimError, match=r"no module 'x': choose one of pe, .*ditto_column"):
        emitted("x", load_config("tiny"))
    # Where there is no accelerator, what can be made is named.
    with pytest.raises(DittosimError, match=r"no module 'ditto_column': choose one of pe, "):
        emitted("ditto_column", MachineConfig(lanes=3, beat_elements=12))
