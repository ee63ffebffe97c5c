"""Marks of tests that need tools of others: skipped where these are not installed."""

import pytest

from dittosim.silicon.liberty import OSU018
from golden.errors import DittosimError
from tb.harness.tools import ABC, ECP5_PACKER, ECP5_PLACER, TIMER, YOSYS, tool


def _needs(*names: str) -> pytest.MarkDecorator:
    try:
        tool(*names)
    except DittosimError as error:
        return pytest.mark.skipif(True, reason=str(error))
    return pytest.mark.skipif(False, reason="")


needs_yosys, needs_opensta, needs_abc = _needs(*YOSYS), _needs(TIMER), _needs(ABC)
needs_nextpnr, needs_ecppack = _needs(*ECP5_PLACER), _needs(*ECP5_PACKER)
needs_osu018 = pytest.mark.skipif(
    not OSU018.exists(),
    reason="the OSU cells are not installed (Debian: apt-get install qflow-tech-osu018)",
)
