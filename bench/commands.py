"""Whole commands as a user starts them: time, processor time and memory, imports included."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from rich.table import Table

RUNS = 3
SWEEP = Path("docs/sweep-tiles.toml").absolute()
COMMANDS = (
    "--help",
    "--version",
    "config show small",
    "workloads",
    "generate --config tiny --top tile -o build",
    "generate --config small --top accelerator -o build",
    "simulate digits-unet --scope tiles --mode temporal",
    "simulate digits-unet --scope tiles",
    "simulate digits-unet --scope layers --steps 10",
    "simulate digits-unet",
    "compile digits-unet -o program",
    "compile digits-unet --products -o products",
    "sample digits-unet -o samples",
    "stats digits-unet",
    f"sweep {SWEEP} -j 1 -o sweep",
    f"sweep {SWEEP} -j 2 -o sweep",
)

ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
"""Threads of BLAS that wait for each other would count as processor time"""

# A small process of its own: the peak of a child's memory counts from that of its parent on.
LAUNCH = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - began
figures = [status, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]
print(json.dumps(figures), file=sys.stderr)
"""


def whole_commands() -> Table:
    """Median of three runs of each command, one command after the other, then all again."""
    figures: dict[str, list[list[float]]] = {command: [] for command in COMMANDS}
    _run("simulate digits-unet --scope layers --steps 2")
    _run("simulate digits-unet --steps 2")  # compiles what is not compiled yet
    for _ in range(RUNS):
        for command, runs in figures.items():
            runs.append(_run(command))
    table = Table("dittosim ...", title="whole commands, compiled code in its cache")
    for column in ("s", "CPU s", "over --help", "peak MiB"):
        table.add_column(column, justify="right")
    medians = {
        name: [median(each) for each in zip(*runs, strict=True)] for name, runs in figures.items()
    }
    for name, (wall, cpu, memory) in medians.items():
        over = cpu / medians["--help"][1]
        shown = name.replace(str(SWEEP), "docs/sweep-tiles.toml")
        table.add_row(shown, f"{wall:.2f}", f"{cpu:.2f}", f"{over:.1f}", f"{memory:,.0f}")
    return table


def _run(command: str) -> list[float]:
    """Seconds, processor seconds with those of workers, and MiB of the largest process."""
    code = "from dittosim.main import main; main()"
    start = [sys.executable, "-c", code, *command.split()]
    with tempfile.TemporaryDirectory() as folder:
        outcome = subprocess.run(
            [sys.executable, "-S", "-c", LAUNCH, *start],
            cwd=folder,
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            check=True,
        )
    status, *figures = json.loads(outcome.stderr.splitlines()[-1])
    if status:
        raise RuntimeError(f"{command}: {outcome.stderr}")
    return figures


TILES = "simulate digits-unet --scope tiles --mode temporal"
SIMULATE = """
import sys, time
began = time.process_time()
import dittosim.commands.simulate
imported = time.process_time()
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation
run, layer_steps = Run.of(load_workload("digits-unet")), []
run.observe(layer_steps.append)
sampled = time.process_time()
simulation = Simulation(load_config("small"), [Mode.TEMPORAL])
for layer_step in layer_steps:
    simulation.observe(layer_step)
timed = time.process_time()
print(imported - began, sampled - imported, timed - sampled)
"""


WHOLE_RUNS = (
    ("digits-unet", "temporal"),
    ("digits-unet", "defo"),
    ("digits-cond", "temporal"),
    ("digits-dit", "temporal"),
    ("digits-dit", "defo"),
)
"""Workload and flow"""


def simulate_over_golden() -> Table:
    """A whole run in the simulator, over the same run in golden: median of three runs in turn."""
    table = Table("workload", title="50 steps, one image, on small: CPU s of whole commands")
    for column in ("flow", "sample --on golden", "simulate", "ratio"):
        table.add_column(column, justify="right")
    for workload, flow in WHOLE_RUNS:
        options = f"{workload} --flow {flow}"
        commands = (f"sample {options} --images 1 -o s", f"simulate {options}")
        for command in commands:
            _run(command)  # compiles what is not compiled yet
        runs = [[_run(command)[1] for command in commands] for _ in range(RUNS)]
        golden, sim = (median(each) for each in zip(*runs, strict=True))
        table.add_row(workload, flow, f"{golden:.2f}", f"{sim:.2f}", f"{sim / golden:.2f}")
    return table


def parts_of_simulate() -> Table:
    """Where the processor time of :data:`TILES` goes."""
    parts = ("imports", "activations (golden)", "cycles of 850 layer steps")
    runs = []
    for _ in range(RUNS):
        text = subprocess.run(
            [sys.executable, "-c", SIMULATE],
            capture_output=True,
            text=True,
            env=ENVIRONMENT,
            check=True,
        ).stdout
        whole = _run(TILES)[1]
        runs.append([*map(float, text.split()), whole])
    *shares, whole = (median(each) for each in zip(*runs, strict=True))
    table = Table("part", title=f"{TILES}: CPU s")
    for column in ("CPU s", "%"):
        table.add_column(column, justify="right")
    rows = [*zip(parts, shares, strict=True), ("all else", whole - sum(shares)), ("whole", whole)]
    for name, seconds in rows:
        table.add_row(name, f"{seconds:.2f}", f"{100 * seconds / whole:.0f}")
    return table
