"""Runs benches on emitted Verilog."""

import contextlib
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cocotb_tools.runner import get_runner

from golden.errors import DittosimError
from golden.files import write_whole
from golden.machine.config import MachineConfig
from golden.step.machine_fit import check_machine
from rtl.emission.emit import Emission, emit
from tb.bus.memory import memory_plusargs
from tb.bus.memory_top import MEMORY_WORDS, with_memory
from tb.harness.builds import built, last_error
from tb.harness.simulators import Simulator
from tb.harness.task import TASK_VARIABLE, Findings, Task, findings_path
from tb.harness.wave_layout import wave_layout
from tb.probe.verilog import FILE as PROBE_FILE
from tb.probe.verilog import probe_lines

_log = logging.getLogger(__name__)

COCOTB_SETTINGS = {
    "COCOTB_LOG_LEVEL": "WARNING",
    # Else every module that a bench imports, NumPy's too, is compiled anew: seconds of each run.
    "COCOTB_REWRITE_ASSERTION_FILES": "",
}


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
    """Whether the module is joined to the memory of tb/bus/memory.v."""
    memory_words: int = MEMORY_WORDS
    """Bus words of that memory"""
    cycles: bool = True
    """Whether cycles are compared, or values only."""
    whole_steps: bool = False
    """Whether the machine must be one that runs whole steps."""

    def reason_against(self, config: MachineConfig) -> str:
        """Why a machine that makes the bench's module cannot run it; empty if it can."""
        if not self.whole_steps:
            return ""
        try:
            check_machine(config)
        except DittosimError as error:
            return str(error)
        return ""


BENCHES = {
    bench.name: bench
    for bench in (
        Bench("pe", "pe", "tb.benches.pe", "partial sums of random rows"),
        Bench("multiplier", "pe", "tb.benches.pe", "511 differences x 256 weights", stalls=False),
        Bench("encoder", "encoder", "tb.benches.encoder", "all 65,536 pairs of int8 values"),
        Bench("lane-fifo", "lane-fifo", "tb.benches.lane_fifo", "zero skipping and row ends"),
        Bench(
            "dense-lanes",
            "dense-lanes",
            "tb.benches.dense_lanes",
            "all 65,536 pairs of int8 values",
        ),
        Bench("tile", "tile", "tb.benches.tile", "accumulators of random jobs"),
        Bench(
            "pass-walk",
            "pass-walk",
            "tb.benches.pass_walk",
            "passes of layers of any size",
            stalls=False,
            cycles=False,
        ),
        Bench(
            "descriptor-check",
            "descriptor-check",
            "tb.benches.descriptor_check",
            "every rule, alone and in pairs",
            stalls=False,
            cycles=False,
        ),
        Bench(
            "vector-check",
            "vector-check",
            "tb.benches.vector_check",
            "every rule of vector layers, alone and in pairs",
            stalls=False,
            cycles=False,
        ),
        Bench(
            "defo-unit",
            "defo-unit",
            "tb.benches.defo_unit",
            "choices, measured cycles and decisions",
            stalls=False,
            cycles=False,
        ),
        Bench("core", "core", "tb.benches.core", "scheduling of random layers"),
        Bench("axi-reader", "axi-reader", "tb.benches.axi_reader", "random reads", memory=True),
        Bench("axi-writer", "axi-writer", "tb.benches.axi_writer", "random writes", memory=True),
        Bench(
            "accelerator",
            "accelerator",
            "tb.benches.accelerator",
            "random layers, memory to memory",
            stalls=False,
            memory=True,
            memory_words=1 << 20,
        ),
        Bench(
            "vector",
            "accelerator",
            "tb.benches.vector",
            "random vector layers, memory to memory",
            stalls=False,
            memory=True,
            memory_words=1 << 20,
        ),
        Bench(
            "output",
            "accelerator",
            "tb.benches.output",
            "products through the vector unit, memory to memory",
            stalls=False,
            memory=True,
            whole_steps=True,
            memory_words=1 << 20,
        ),
        Bench(
            "overlap",
            "accelerator",
            "tb.benches.overlap",
            "products and vector layers beside each other, memory to memory",
            stalls=False,
            memory=True,
            whole_steps=True,
            memory_words=1 << 20,
        ),
        Bench(
            "sampling",
            "accelerator",
            "tb.benches.sampling",
            "whole denoising steps",
            stalls=False,
            memory=True,
            whole_steps=True,
            memory_words=1 << 20,
        ),
        Bench(
            "accelerator-slave",
            "accelerator",
            "tb.benches.accelerator_slave",
            "layers on others' bus parts",
            cycles=False,
        ),
        Bench(
            "sampling-slave",
            "accelerator",
            "tb.benches.sampling_slave",
            "whole steps on others' bus parts",
            whole_steps=True,
            cycles=False,
        ),
        Bench(
            "accelerator-errors",
            "accelerator",
            "tb.benches.accelerator_errors",
            "wrong descriptors, refused transfers",
            stalls=False,
            memory=True,
            memory_words=1 << 20,
        ),
        Bench(
            "vector-errors",
            "accelerator",
            "tb.benches.vector_errors",
            "wrong vector layers, refused transfers",
            stalls=False,
            memory=True,
            memory_words=1 << 20,
        ),
        Bench(
            "axi-reader-slave",
            "axi-reader",
            "tb.benches.axi_reader_slave",
            "refused reads",
            cycles=False,
        ),
        Bench(
            "axi-writer-slave",
            "axi-writer",
            "tb.benches.axi_writer_slave",
            "refused writes",
            cycles=False,
        ),
        Bench("registers", "register-file", "tb.benches.registers", "all accesses", cycles=False),
        Bench(
            "board",
            "board",
            "tb.benches.board",
            "layers and a whole step over the serial line",
            stalls=False,
            whole_steps=True,
        ),
    )
}


def run_bench(
    task: Task,
    simulator: Simulator = Simulator.VERILATOR,
    emission: Emission | None = None,
    waves_folder: Path | None = None,
    blocks: tuple[str, ...] | None = None,
    arguments: Sequence[str] = (),
) -> Findings:
    """Runs one bench, building its design (or ``emission``, if given) first, in ``blocks``.

    These are as in :func:`tb.harness.builds.built`. The simulator gets ``arguments``, too. With
    ``waves_folder`` the waveform is left there, without what lies in blocks, and a layout for
    GTKWave beside it. Raises DittosimError if the bench does not come to its end: a deadlock, or a
    simulator that fails.
    """
    bench = BENCHES[task.bench]
    emission = emission or emit(bench.top, task.config)
    if bench.memory:
        beside = probe_lines() if task.probe else ()
        emission = with_memory(emission, task.config, bench.memory_words, beside=beside)
    waves = waves_folder is not None
    with (
        built(emission, simulator, waves, blocks) as build,
        tempfile.TemporaryDirectory(prefix="dittosim-") as scratch,
    ):
        folder = waves_folder or Path(scratch)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DittosimError(
                f"cannot write waveforms to {folder}: {error.strerror}; remove what is in the way"
            ) from error
        task_path = Path(scratch) / "task.json"
        write_whole(task_path, task.model_dump_json())
        log = folder / f"{bench.name}.log"
        runner = get_runner(simulator.value)
        plusargs = [*arguments, *(memory_plusargs(Path(scratch)) if bench.memory else ())]
        if task.probe:
            plusargs.append(f"+{PROBE_FILE}={task.probe}")
        if simulator is Simulator.VERILATOR:
            # What has no initial value starts with random bits, not with zeros.
            plusargs += ["+verilator+rand+reset+2", f"+verilator+seed+{task.seed + 1}"]
        if waves and simulator is Simulator.ICARUS:
            # Icarus would leave its waveform in the build folder.
            plusargs.append(f"+dumpfile_path={folder.absolute() / emission.top}.fst")
        if waves:
            layout = folder / f"{bench.name}.gtkw"
            waveform = "dump.vcd" if simulator is Simulator.VERILATOR else f"{emission.top}.fst"
            write_whole(layout, wave_layout(emission, folder / waveform, layout))
        _log.info("bench %s on %s: runs", bench.name, simulator)
        # Whatever ends the simulator early, the findings tell whether the bench came to its end.
        with contextlib.suppress(SystemExit, RuntimeError, OSError):
            runner.test(
                test_module=bench.module,
                hdl_toplevel=emission.top,
                hdl_toplevel_lang="verilog",
                build_dir=build,
                test_dir=folder,
                results_xml=str(Path(scratch) / "results.xml"),
                extra_env={TASK_VARIABLE: str(task_path), **COCOTB_SETTINGS},
                waves=waves,
                plusargs=plusargs,
                timescale=("1ns", "1ps"),
                log_file=log,
            )
        found = findings_path(task_path)
        if not found.exists():
            reason = last_error(log)
            raise DittosimError(f"bench {bench.name} on {simulator} did not finish: {reason}")
        return Findings.model_validate_json(found.read_text())
