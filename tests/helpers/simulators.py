"""The simulators as parameters of tests, and what all that they run is to show.

Those on Icarus are skipped where it is not installed.
"""

import shutil

import pytest

from tb.harness.simulators import Simulator
from tb.harness.task import Findings

needs_icarus = pytest.mark.skipif(
    shutil.which("iverilog") is None,
    reason="Icarus Verilog is not installed (Debian: apt-get install iverilog)",
)
SIMULATORS = (Simulator.VERILATOR, pytest.param(Simulator.ICARUS, marks=needs_icarus))
LONG_ON_ICARUS = (
    *("core", "accelerator", "accelerator-slave", "accelerator-errors", "vector-errors"),
    *("sampling", "sampling-slave", "output", "overlap", "vector", "board"),
)
"""Benches of whole machines, of which it does about a thousand cycles a second"""
AN_HOUR = (pytest.mark.long, pytest.mark.timeout(3600))


def assert_no_differences(findings: Findings, cycles: bool = True) -> None:
    """And that there was something to compare; ``cycles`` says whether these are, too."""
    assert findings.values > 0
    assert findings.cycles_rtl == findings.cycles_sim
    assert (findings.cycles_compared > 0) == (findings.cycles_rtl > 0) == cycles
    assert findings.differences == 0, findings.first_difference
