"""Layers of workloads on the accelerator's Verilog, against golden and sim."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from golden.accelerator.program import programs_of
from golden.accelerator.workload_layers import workload_layers
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from sim.scheduler.planning import planned
from tb.harness.simulators import Simulator
from tb.harness.task import Findings, Task
from tb.runner import BENCHES, run_bench
from tb.stimuli.program_file import save_programs

BENCH = "accelerator"


@dataclass(frozen=True)
class WorkloadCheck:
    """What came of all layers of a workload in one mode."""

    products: int
    """Of matrices: in TEMPORAL a layer may have two"""
    findings: Findings


def check_workload(
    workload: str,
    config: str,
    mode: Mode,
    simulator: Simulator = Simulator.VERILATOR,
    seed: int = 0,
) -> WorkloadCheck:
    """Runs them on the activations of one image at its second step, memory to memory."""
    machine = load_config(config)
    layers = workload_layers(load_workload(workload), machine, [mode], planned, seed=seed)
    limit = BENCHES[BENCH].memory_words * machine.bus_bytes
    with tempfile.TemporaryDirectory(prefix="dittosim-") as folder:
        path = Path(folder) / "programs.npz"
        save_programs(path, list(programs_of([one.run for one in layers], limit)))
        task = Task(bench=BENCH, config=machine, seed=seed, rows=path)
        return WorkloadCheck(len(layers), run_bench(task, simulator))
