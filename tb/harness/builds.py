"""Compiles emitted Verilog for a simulator, once, and keeps the result in a cache."""

import contextlib
import hashlib
import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cocotb_tools.config import libs_dir
from cocotb_tools.runner import get_runner

from golden.cache import CACHE_VARIABLE
from golden.errors import DittosimError
from rtl.emission.emit import Emission
from tb.harness.blocks import block_rules, blocks_of
from tb.harness.build_cache import BUILT, build_folder, make_room
from tb.harness.build_lock import alone, in_use
from tb.harness.simulators import TOOLS, Simulator, identity, require
from tb.harness.system import complaint

_log = logging.getLogger(__name__)

EMPTY = Emission(
    "empty",
    "module empty(input clk);\nendmodule\n",
    {"modules": [{"ports": [{"name": "clk"}]}]},
)
"""What Verilator compiles for it is its run-time library, and hardly anything else."""

_NO_MEMORY = re.compile(
    "bad_alloc|signal 9|Killed|Error 137|[Oo]ut of memory|[Cc]annot allocate memory"
    "|virtual memory exhausted"
)
"""What compilers say, or systems that end them, where memory runs out"""


@contextmanager
def built(
    emission: Emission,
    simulator: Simulator,
    waves: bool = False,
    blocks: tuple[str, ...] | None = None,
) -> Iterator[Path]:
    """The folder of a compiled design, compiled now if it was not in the cache.

    Verilator compiles each of the modules ``blocks`` once (:mod:`tb.harness.blocks`; None: as the
    design's size asks for). Nobody removes the folder before the block is left. Raises
    DittosimError if the simulator is missing or refuses the design, if memory is not enough, or if
    the cache cannot be written.
    """
    require(simulator)
    if simulator is not Simulator.VERILATOR:
        blocks = ()
    elif blocks is None:
        blocks = blocks_of(emission)
    tools = (identity(simulator), version("cocotb"), str(libs_dir))
    parts = (emission.verilog, *tools, str(waves), *blocks)
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]
    folder = build_folder(f"{emission.top}-{simulator}-{key}")
    if simulator is Simulator.VERILATOR and any(map(str.isspace, str(folder))):
        raise DittosimError(
            f"the cache {folder.parent} has spaces in its name, with which make builds nothing: "
            f"set {CACHE_VARIABLE} to a folder without"
        )
    while True:
        with in_use(folder):
            if (folder / BUILT).exists():
                (folder / BUILT).touch()
                _log.info("%s on %s: as built in %s", emission.top, simulator, folder)
                yield folder
                return
        _build(emission, simulator, folder, waves, blocks)
        make_room()


def _build(
    emission: Emission, simulator: Simulator, folder: Path, waves: bool, blocks: tuple[str, ...]
) -> None:
    try:
        with alone(folder):
            if not (folder / BUILT).exists():
                # What an interrupted build left may be cut short.
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                _log.info("%s on %s: builds in %s", emission.top, simulator, folder)
                _compile(emission, simulator, folder, waves, blocks)
                for header in folder.rglob("*.gch"):  # 99 % of a build, of use to its compiler only
                    header.unlink()
                (folder / BUILT).touch()
    except OSError as error:
        raise DittosimError(
            f"cannot write to the build cache {folder}: {error.strerror}; "
            f"set {CACHE_VARIABLE} to a folder that can be written"
        ) from error


def _compile(
    emission: Emission, simulator: Simulator, folder: Path, waves: bool, blocks: tuple[str, ...]
) -> None:
    source = folder / f"{emission.top}.v"
    source.write_text(emission.verilog)
    sources = [source]
    arguments: list[str] = []
    variables: dict[str, str] = {}
    if simulator is Simulator.VERILATOR:
        rules = folder / "rules.vlt"
        ports = "".join(_public_ports(emission))
        rules.write_text(f"`verilator_config\n{ports}{block_rules(blocks)}")
        sources.insert(0, rules)
        arguments = ["--no-public-flat-rw", "-O3", "-Wno-fatal", "-Wno-lint"]
        if blocks:
            arguments.append("--hierarchical")
        # Isolated: cocotb's PYTHONPATH is not for Verilator's scripts.
        variables = {"OPT_FAST": "-O2", "OPT_GLOBAL": "-O2", "PYTHON3": f"{sys.executable} -I"}
    log = folder / "build.log"
    with contextlib.ExitStack() as held:
        if simulator is Simulator.VERILATOR and emission is not EMPTY:
            # The library takes six times as long to compile as a tile: all designs link the same.
            library = held.enter_context(built(EMPTY, simulator, waves)) / "verilated*.o"
            variables |= {"VM_GLOBAL_FAST": "", "VM_GLOBAL_SLOW": "", "USER_LDLIBS": str(library)}
        held.enter_context(_make_variables(variables))
        try:
            get_runner(simulator.value).build(
                sources=sources,
                hdl_toplevel=emission.top,
                build_dir=folder,
                build_args=arguments,
                waves=waves,
                timescale=("1ns", "1ps"),
                log_file=log,
                always=True,
            )
        except RuntimeError as error:
            reason = complaint(*TOOLS[simulator]) or _lack_of_memory(log) or last_error(log)
            raise DittosimError(
                f"{simulator} does not build {emission.top}: {reason}; see {log}"
            ) from error


def _lack_of_memory(log: Path) -> str:
    """That memory ran out, if it did."""
    text = log.read_text(errors="replace") if log.exists() else ""
    if _NO_MEMORY.search(text) is None:
        return ""
    return "memory ran out; end other programs, take fewer jobs (-j), or a smaller machine"


def last_error(log: Path) -> str:
    """The last line of a log that tells of an error."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    telling = [line.strip() for line in lines if "Error" in line or "error" in line]
    return telling[-1] if telling else "no error message"


def _public_ports(emission: Emission) -> Iterator[str]:
    modules: Any = emission.manifest["modules"]
    for port in modules[0]["ports"]:
        yield f'public_flat_rw -module "{emission.top}" -var "{port["name"]}"\n'


@contextmanager
def _make_variables(variables: dict[str, str]) -> Iterator[None]:
    """Sets them in every makefile of a build, whatever the makefile says."""
    before = os.environ.get("MAKEFLAGS", "")
    os.environ["MAKEFLAGS"] = " ".join(
        [before, *(f"{n}={_escaped(v)}" for n, v in variables.items())]
    )
    try:
        yield
    finally:
        os.environ["MAKEFLAGS"] = before


def _escaped(value: str) -> str:
    """One word for make, which takes variables apart at spaces."""
    return value.replace(" ", "\\ ")
