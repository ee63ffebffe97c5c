"""Compiles emitted Verilog for a simulator, once, and keeps the result in a cache."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cocotb_tools.runner import get_runner
from filelock import FileLock
from platformdirs import user_cache_path

from golden.errors import DittosimError
from rtl.emission.emit import Emission
from tb.harness.simulators import Simulator, identity, require

EMPTY = Emission(
    "empty",
    "module empty(input clk);\nendmodule\n",
    {"modules": [{"ports": [{"name": "clk"}]}]},
)
"""What Verilator compiles for it is its run-time library, and hardly anything else."""


def cache_folder() -> Path:
    """Where compiled simulations are kept; ``DITTOSIM_CACHE`` moves it."""
    chosen = os.environ.get("DITTOSIM_CACHE")
    return Path(chosen) if chosen else user_cache_path("dittosim")


def build(emission: Emission, simulator: Simulator, waves: bool = False) -> Path:
    """Compiles a design unless that was done before; returns the build folder.

    Raises DittosimError if the simulator is missing or refuses the design.
    """
    require(simulator)
    key = hashlib.sha256(
        "\0".join([emission.verilog, identity(simulator), str(waves), version("cocotb")]).encode()
    ).hexdigest()[:20]
    folder = cache_folder() / f"{emission.top}-{simulator}-{key}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / "built").exists():
                # What an interrupted build left may be cut short.
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                _compile(emission, simulator, folder, waves)
                (folder / "built").touch()
    except OSError as error:
        raise DittosimError(
            f"cannot write to the build cache {folder}: {error.strerror}; "
            "set DITTOSIM_CACHE to a folder that can be written"
        ) from error
    return folder


def _compile(emission: Emission, simulator: Simulator, folder: Path, waves: bool) -> None:
    source = folder / f"{emission.top}.v"
    source.write_text(emission.verilog)
    sources = [source]
    arguments: list[str] = []
    variables: dict[str, str] = {}
    if simulator is Simulator.VERILATOR:
        public = folder / "public.vlt"
        public.write_text("`verilator_config\n" + "".join(_public_ports(emission)))
        sources.insert(0, public)
        arguments = ["--no-public-flat-rw", "-O3", "-Wno-fatal", "-Wno-lint"]
        variables = {"OPT_FAST": "-O2", "OPT_GLOBAL": "-O2"}
        if emission is not EMPTY:
            # The library takes six times as long to compile as a tile: all designs link the same.
            library = build(EMPTY, simulator, waves) / "verilated*.o"
            variables |= {"VM_GLOBAL_FAST": "", "VM_GLOBAL_SLOW": "", "USER_LDLIBS": str(library)}
    log = folder / "build.log"
    try:
        with _make_variables(variables):
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
        raise DittosimError(f"{simulator} does not build {emission.top}: see {log}") from error


def _public_ports(emission: Emission) -> Iterator[str]:
    modules: Any = emission.manifest["modules"]
    for port in modules[0]["ports"]:
        yield f'public_flat_rw -module "{emission.top}" -var "{port["name"]}"\n'


@contextmanager
def _make_variables(variables: dict[str, str]) -> Iterator[None]:
    """Sets them in every makefile of a build, whatever the makefile says."""
    before = os.environ.get("MAKEFLAGS", "")
    os.environ["MAKEFLAGS"] = " ".join([before, *(f"{n}={v}" for n, v in variables.items())])
    try:
        yield
    finally:
        os.environ["MAKEFLAGS"] = before
