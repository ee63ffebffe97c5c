import os

import pytest

from golden.errors import DittosimError
from tb.harness.simulators import Simulator, require


@pytest.mark.parametrize(
    ("simulator", "missing"), [(Simulator.ICARUS, "iverilog"), (Simulator.VERILATOR, r"g\+\+")]
)
def test_what_is_missing_is_named(
    simulator: Simulator, missing: str, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DittosimError, match=missing):
        require(simulator)


def test_an_old_verilator_on_the_path_is_passed_over(monkeypatch, tmp_path) -> None:
    old = tmp_path / "verilator"
    old.write_text("#!/bin/sh\necho 'Verilator 5.006 2023-01-22 rev (Debian)'\n")
    old.chmod(0o755)
    monkeypatch.delenv("VERILATOR_ROOT", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    require(Simulator.VERILATOR)
    assert os.environ["PATH"].split(os.pathsep)[0] != str(tmp_path)
    assert "verilator" in os.environ["VERILATOR_ROOT"]


def test_a_new_verilator_on_the_path_is_used(monkeypatch, tmp_path) -> None:
    new = tmp_path / "verilator"
    new.write_text("#!/bin/sh\necho 'Verilator 5.036 2025-04-27 rev v5.036'\n")
    new.chmod(0o755)
    monkeypatch.delenv("VERILATOR_ROOT", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    require(Simulator.VERILATOR)
    assert os.environ["PATH"].split(os.pathsep)[0] == str(tmp_path)
