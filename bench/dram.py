"""DRAM: how fast its model is, and what whole runs on it cost beside fixed latency."""

import time

import numpy as np
from rich.table import Table

from dittosim.flows import FlowName, machine_flow
from dittosim.programs.steps import planned_program
from golden.machine.config import MachineConfig, load_config
from golden.machine.dram import DramConfig, Standard
from golden.workload.workload import load_workload
from sim.dram.replay import replayed
from sim.run.whole_run import whole_runs

WORKLOAD = "digits-unet"
ACCESSES = 2_000_000
STEPS = 10


def accesses_per_second() -> Table:
    """Bursts at random places, three in ten of them writes, one channel, one core."""
    table = Table(title="DRAM alone: million accesses per second of processor time")
    bursts = (256, 1024, 4096)
    for column in ("standard", *(f"bursts of {size} bytes" for size in bursts)):
        table.add_column(column, justify="right")
    rng = np.random.default_rng(0)
    for standard in Standard:
        dram = DramConfig(standard=standard)
        config = MachineConfig(
            bus_bytes=64, burst_words=64, outstanding_reads=16, outstanding_writes=16, dram=dram
        )
        cells = []
        for size in bursts:
            count = ACCESSES * dram.timing.access_bytes // size
            requests = np.stack(
                [
                    np.zeros(count),
                    rng.integers(0, 1 << 30, count) // size * size,
                    np.full(count, size // config.bus_bytes),
                    rng.random(count) < 0.3,
                ],
                axis=1,
            ).astype(np.int64)
            # The first run compiles.
            replayed(requests[:100], config)
            began = time.process_time()
            replayed(requests, config)
            cells.append(f"{ACCESSES / (time.process_time() - began) / 1e6:.1f}")
        table.add_row(standard, *cells)
    return table


def whole_runs_on_dram() -> Table:
    """Whole steps of a flow on both memories, activations included."""
    table = Table(title=f"{WORKLOAD}, {STEPS} steps on small: processor time on ddr4-2400, ratio")
    for column in ("flow", "fixed latency, s", "ddr4-2400, s", "ratio"):
        table.add_column(column, justify="right")
    workload, small = load_workload(WORKLOAD), load_config("small")
    ddr4 = small.model_copy(update={"dram": DramConfig(standard=Standard.DDR4_2400)})
    for flow in (FlowName.ORIGINAL, FlowName.TEMPORAL):
        seconds = []
        for config in (small, ddr4):
            program = planned_program(workload, config, machine_flow(flow), steps=STEPS, seed=0)
            taken = []
            for _ in range(3):
                began = time.process_time()
                whole_runs({flow: program}, workload, steps=STEPS)
                taken.append(time.process_time() - began)
            seconds.append(min(taken))
        table.add_row(
            flow, f"{seconds[0]:.2f}", f"{seconds[1]:.2f}", f"{seconds[1] / seconds[0]:.2f}"
        )
    return table
