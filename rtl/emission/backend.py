"""Amaranth's Verilog backend, with what it keeps between runs in dittosim's cache."""

import os

from amaranth.back import verilog
from amaranth.hdl import Elaboratable

from golden.cache import cache_folder

CACHE_HOME = "XDG_CACHE_HOME"
"""The backend's run-time system (Wasmtime) knows no other way to move its cache."""


def convert(module: Elaboratable, name: str) -> str:
    """Verilog of a module and all below it that Amaranth elaborates, without source locations."""
    before = os.environ.get(CACHE_HOME)
    os.environ[CACHE_HOME] = str(cache_folder())
    try:
        return str(verilog.convert(module, name=name, emit_src=False, strip_internal_attrs=True))
    finally:
        if before is None:
            del os.environ[CACHE_HOME]
        else:
            os.environ[CACHE_HOME] = before
