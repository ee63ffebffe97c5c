"""What building machines in blocks takes, and how fast they run: ``python -m bench.blocks``.

Each build is made anew, in a cache of its own, by a process whose children's peak memory counts.
"""

import json
import subprocess
import sys
import tempfile

from rich.console import Console
from rich.table import Table

from bench.commands import ENVIRONMENT

TWO_BY_TWO = "docs/machines/two-by-two.toml"
BUILDS = (
    ("small", False, "40,100,3,8x8"),
    (TWO_BY_TWO, False, "40,100,3,8x8"),
    (TWO_BY_TWO, True, "40,100,3,8x8"),
    ("paper", True, "320,320,3,64x64"),
)
"""Configuration, whether in blocks, and the layer that runs, in TEMPORAL"""

RUN = """
import json, resource, sys, time
import numpy as np
from dittosim.verification.layers import LayerPoint, check_layer
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from rtl.emission.emit import emit
from tb.bus.memory_top import with_memory
from tb.harness import blocks, builds
from tb.harness.simulators import Simulator
from tb.runner import BENCHES
config, in_blocks, layer = json.loads(sys.argv[1])
machine = load_config(config)
design = emit("accelerator", machine)
chosen = blocks.MODULES if in_blocks else ()
builds.blocks_of = lambda _: chosen
with builds.built(builds.EMPTY, Simulator.VERILATOR):
    pass
began, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
joined = with_memory(design, machine, BENCHES["accelerator"].memory_words)
with builds.built(joined, Simulator.VERILATOR):
    pass
built, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
point = LayerPoint(layer, config, Mode.TEMPORAL, machine, 0)
found = check_layer(point, design, Simulator.VERILATOR)
ended = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([
    machine.multipliers, built, after.ru_utime - cpu.ru_utime, after.ru_maxrss / 1024,
    found.clock_cycles, found.clock_cycles / found.seconds,
    found.clock_cycles / (ended.ru_utime + ended.ru_stime - after.ru_utime - after.ru_stime),
    found.differences,
]))
"""


def builds() -> Table:
    """Seconds and memory of each build, and cycles per second of its layer."""
    table = Table(title="accelerators on Verilator, flat and in blocks")
    for column in (
        "config",
        "built",
        "multipliers",
        "s",
        "CPU s",
        "peak MiB",
        "cycles",
        "per s",
        "per CPU s",
        "differences",
    ):
        table.add_column(column, justify="right")
    for config, in_blocks, layer in BUILDS:
        text = _measured(config, in_blocks, layer)
        multipliers, built, cpu, peak, cycles, speed, cpu_speed, differences = json.loads(text)
        table.add_row(
            config.rpartition("/")[2],
            "in blocks" if in_blocks else "flat",
            f"{multipliers:,}",
            f"{built:.0f}",
            f"{cpu:.0f}",
            f"{peak:,.0f}",
            f"{cycles:,}",
            f"{speed:,.0f}",
            f"{cpu_speed:,.0f}",
            str(differences),
        )
    return table


def _measured(config: str, in_blocks: bool, layer: str) -> str:
    with tempfile.TemporaryDirectory() as cache:
        return subprocess.run(
            [sys.executable, "-c", RUN, json.dumps([config, in_blocks, layer])],
            stdout=subprocess.PIPE,
            text=True,
            env={**ENVIRONMENT, "DITTOSIM_CACHE": cache},
            check=True,
        ).stdout.splitlines()[-1]


if __name__ == "__main__":
    Console(width=110, highlight=False).print(builds())
