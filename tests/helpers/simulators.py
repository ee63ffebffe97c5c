"""The simulators as parameters of tests: those on Icarus are skipped where it is not installed."""

import shutil

import pytest

from tb.harness.simulators import Simulator

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (Debian: apt-get install iverilog)",
)
SIMULATORS = (Simulator.VERILATOR, pytest.param(Simulator.ICARUS, marks=needs_icarus))
