"""The accelerator: how fast its simulator is beside the Verilog, and how much Verilog it is."""

import tempfile
import time
from pathlib import Path

from rich.table import Table

from golden.accelerator.program import Program
from golden.accelerator.workload_layers import workload_layers
from golden.difference.matmul import Mode
from golden.machine.config import load_config, preset_names
from golden.workload.run import Run
from golden.workload.workload import load_workload
from rtl.emission.emit import emit
from sim.scheduler.accelerator import queue_timeline
from tb.harness.task import Task
from tb.runner import run_bench
from tb.stimuli.program_file import save_programs

WORKLOAD = "digits-unet"


def accelerator_speed() -> Table:
    """All products of the second of 50 steps in three modes, on the Verilog and simulated."""
    table = Table(title=f"{WORKLOAD}, memory to memory: cycles per second")
    for column in ("config", "cycles", "Verilator", "simulator", "ratio", "differences"):
        table.add_column(column, justify="right")
    run = Run.of(load_workload(WORKLOAD))
    for name in ("tiny", "small"):
        config = load_config(name)
        layers = workload_layers(run, config, list(Mode), lambda one: one)
        program = Program.of([layer.run for layer in layers])
        # The first run compiles.
        for _ in range(2):
            began = time.perf_counter()
            _, counters = queue_timeline(program)
            simulated = counters.cycles / (time.perf_counter() - began)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "programs.npz"
            save_programs(path, [program])
            found = run_bench(Task(bench="accelerator", config=config, rows=path))
        verilog = found.clock_cycles / found.seconds
        table.add_row(
            name,
            f"{counters.cycles:,}",
            f"{verilog:,.0f}",
            f"{simulated:,.0f}",
            f"{simulated / verilog:,.0f}",
            str(found.differences),
        )
    return table


def accelerator_emission() -> Table:
    """The whole accelerator of every preset."""
    table = Table(title="generate --top accelerator")
    for column in ("config", "multipliers", "seconds", "MB of Verilog"):
        table.add_column(column, justify="right")
    for name in preset_names():
        config = load_config(name)
        began = time.perf_counter()
        size = len(emit("accelerator", config).verilog)
        seconds = time.perf_counter() - began
        table.add_row(name, f"{config.multipliers:,}", f"{seconds:.1f}", f"{size / 1e6:.2f}")
    return table
