"""Builds emitted Verilog for a simulator, once, and runs benches on it."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cocotb_tools.runner import get_runner
from filelock import FileLock
from platformdirs import user_cache_path

from golden.errors import DittosimError
from rtl.emit import Emission, emit
from tb.memory import memory_plusargs
from tb.memory_top import MEMORY_WORDS, with_memory
from tb.simulators import Simulator, identity, require
from tb.task import TASK_VARIABLE, Findings, Task, findings_path


@dataclass(frozen=True)
class Bench:
    """A bench, the module it runs on, and what it checks."""

    name: str
    top: str
    module: str
    checks: str
    stalls: bool = True
    """Whether it also runs with random stalls."""
    memory: bool = False
    """Whether the module is joined to the memory of tb/memory.v."""
    memory_words: int = MEMORY_WORDS
    """Bus words of that memory"""
    cycles: bool = True
    """Whether cycles are compared, or values only."""


BENCHES = {
    bench.name: bench
    for bench in (
        Bench("pe", "pe", "tb.bench_pe", "partial sums of random rows"),
        Bench("multiplier", "pe", "tb.bench_pe", "511 differences x 256 weights", stalls=False),
        Bench("encoder", "encoder", "tb.bench_encoder", "all 65,536 pairs of int8 values"),
        Bench("lane-fifo", "lane-fifo", "tb.bench_lane_fifo", "zero skipping and row ends"),
        Bench("tile", "tile", "tb.bench_tile", "accumulators of random jobs"),
        Bench("core", "core", "tb.bench_core", "scheduling of random layers"),
        Bench("axi-reader", "axi-reader", "tb.bench_axi_reader", "random reads", memory=True),
        Bench("axi-writer", "axi-writer", "tb.bench_axi_writer", "random writes", memory=True),
        Bench(
            "accelerator",
            "accelerator",
            "tb.bench_accelerator",
            "random layers, memory to memory",
            stalls=False,
            memory=True,
            memory_words=1 << 20,
        ),
        Bench(
            "accelerator-slave",
            "accelerator",
            "tb.bench_accelerator_slave",
            "layers on others' bus parts",
            cycles=False,
        ),
        Bench(
            "accelerator-errors",
            "accelerator",
            "tb.bench_accelerator_errors",
            "wrong descriptors, refused transfers",
            stalls=False,
            memory=True,
            memory_words=1 << 20,
        ),
        Bench(
            "axi-reader-slave",
            "axi-reader",
            "tb.bench_axi_reader_slave",
            "refused reads",
            cycles=False,
        ),
        Bench(
            "axi-writer-slave",
            "axi-writer",
            "tb.bench_axi_writer_slave",
            "refused writes",
            cycles=False,
        ),
        Bench("registers", "register-file", "tb.bench_registers", "all accesses", cycles=False),
    )
}


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
    if simulator is Simulator.VERILATOR:
        public = folder / "public.vlt"
        public.write_text("`verilator_config\n" + "".join(_public_ports(emission)))
        sources.insert(0, public)
        arguments = ["--no-public-flat-rw", "-O3", "-Wno-fatal", "-Wno-lint", "-CFLAGS", "-O2"]
    log = folder / "build.log"
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
        raise DittosimError(f"{simulator} does not build {emission.top}: see {log}") from error


def _public_ports(emission: Emission) -> Iterator[str]:
    modules: Any = emission.manifest["modules"]
    for port in modules[0]["ports"]:
        yield f'public_flat_rw -module "{emission.top}" -var "{port["name"]}"\n'


def run_bench(
    task: Task,
    simulator: Simulator = Simulator.VERILATOR,
    emission: Emission | None = None,
    waves_folder: Path | None = None,
) -> Findings:
    """Runs one bench, building its design (or ``emission``, if given) first.

    With ``waves_folder`` the waveform is left there. Raises DittosimError if the bench does not
    come to its end: a deadlock, or a simulator that fails.
    """
    bench = BENCHES[task.bench]
    emission = emission or emit(bench.top, task.config)
    if bench.memory:
        emission = with_memory(emission, task.config, bench.memory_words)
    waves = waves_folder is not None
    built = build(emission, simulator, waves)
    with tempfile.TemporaryDirectory(prefix="dittosim-") as scratch:
        folder = waves_folder or Path(scratch)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DittosimError(
                f"cannot write waveforms to {folder}: {error.strerror}; remove what is in the way"
            ) from error
        task_path = Path(scratch) / "task.json"
        task_path.write_text(task.model_dump_json())
        log = folder / f"{bench.name}.log"
        runner = get_runner(simulator.value)
        plusargs = memory_plusargs(Path(scratch)) if bench.memory else []
        if waves and simulator is Simulator.ICARUS:
            # Icarus would leave its waveform in the build folder.
            plusargs.append(f"+dumpfile_path={folder.absolute() / emission.top}.fst")
        # Whatever ends the simulator early, the findings tell whether the bench came to its end.
        with contextlib.suppress(SystemExit, RuntimeError, OSError):
            runner.test(
                test_module=bench.module,
                hdl_toplevel=emission.top,
                hdl_toplevel_lang="verilog",
                build_dir=built,
                test_dir=folder,
                results_xml=str(Path(scratch) / "results.xml"),
                extra_env={TASK_VARIABLE: str(task_path), "COCOTB_LOG_LEVEL": "WARNING"},
                waves=waves,
                plusargs=plusargs,
                timescale=("1ns", "1ps"),
                log_file=log,
            )
        found = findings_path(task_path)
        if not found.exists():
            reason = _last_error(log)
            raise DittosimError(f"bench {bench.name} on {simulator} did not finish: {reason}")
        return Findings.model_validate_json(found.read_text())


def _last_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    telling = [line.strip() for line in lines if "Error" in line or "error" in line]
    return telling[-1] if telling else "no error message"
