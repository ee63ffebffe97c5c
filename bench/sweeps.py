"""How long whole sweeps take, beside one machine alone: ``python -m bench.sweeps``.

Processor time is that of all processes; where the cores are free, seconds are half of it.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.commands import ENVIRONMENT
from dittosim.sweeps.lattice import Lattice
from dittosim.sweeps.space import load_space

SWEEPS = {
    "docs/sweep-shapes.toml": "simulate digits-unet --scope tiles --mode temporal",
    "docs/sweep-memory.toml": "simulate digits-unet --flow temporal --energy small45",
}
"""Spaces, and what each point would take by itself"""
INTERVAL = 0.2
"""Seconds between two looks at memory"""


@dataclass
class Taken:
    """What a command took."""

    seconds: float = 0.0
    cpu: float = 0.0
    peak_bytes: int = 0
    """Of all its processes at once"""


def sweeps(jobs: int = 2) -> Table:
    """Each sweep on so many processes."""
    table = Table("space", title=f"sweeps of 50 steps on {jobs} processes")
    for column in ("points", "s", "CPU s", "ms a point", "over simulate", "peak MiB"):
        table.add_column(column, justify="right")
    for space, alone in SWEEPS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(space).absolute()
            points = len(Lattice(load_space(path), space).every())
            for command in (alone, alone):  # the first compiles what is not compiled yet
                one = _taken(command, folder)
            _taken(f"sweep {Path('docs/sweep-tiles.toml').absolute()} -j {jobs} -o warm", folder)
            many = _taken(f"sweep {path} -j {jobs} -o out", folder)
        each = many.cpu / points
        table.add_row(
            space,
            f"{points:,}",
            f"{many.seconds:.1f}",
            f"{many.cpu:.1f}",
            f"{1e3 * each:.1f}",
            f"{each / one.cpu:.3f}",
            f"{many.peak_bytes / (1 << 20):,.0f}",
        )
    return table


def _taken(command: str, folder: str) -> Taken:
    code = "from dittosim.main import main; main()"
    started = os.times()
    began, taken = time.perf_counter(), Taken()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command.split()],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**ENVIRONMENT, "PYTHONPATH": str(Path.cwd())},
    )
    known: dict[int, float] = {}
    while process.poll() is None:
        taken.peak_bytes = max(taken.peak_bytes, _look(process.pid, known))
        time.sleep(INTERVAL)
    if process.returncode:
        raise RuntimeError(f"{command}: exit code {process.returncode}")
    ended = os.times()
    taken.seconds = time.perf_counter() - began
    waited_for = ended.children_user - started.children_user
    waited_for += ended.children_system - started.children_system
    # Workers that the command does not wait for are in no one's account but this one.
    taken.cpu = max(waited_for, sum(known.values()))
    return taken


def _look(pid: int, known: dict[int, float]) -> int:
    """Bytes of a process and all that it started; their processor time so far is noted."""
    found = 0
    try:
        root = psutil.Process(pid)
        for one in (root, *root.children(recursive=True)):
            found += one.memory_info().rss
            times = one.cpu_times()
            known[one.pid] = times.user + times.system
    except psutil.Error:
        pass
    return found


if __name__ == "__main__":
    Console(width=100, highlight=False).print(sweeps())
