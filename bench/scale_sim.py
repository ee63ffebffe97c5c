"""ResNet-18 on dense tiles beside SCALE-Sim: ``python -m bench.scale_sim PYTHON``.

With OPENBLAS_NUM_THREADS=1: threads of BLAS that wait for each other count as processor time.
PYTHON is one of an environment of its own, which has ``scalesim==3.0.0`` and ``numpy<2.4``. Writes
the table of docs/layers.md.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.page import marked
from dittosim.layers.timing import time_layer
from dittosim.layers.topology import read_topology
from golden.difference.matmul import Mode
from golden.machine.config import load_config

PAGE = Path("docs/layers.md")
TOPOLOGY, MACHINE = Path("docs/machines/resnet18.csv"), "docs/machines/dense-32x32.toml"
CONFIG = """[general]
run_name = ws

[architecture_presets]
ArrayHeight: 32
ArrayWidth: 32
IfmapSramSzkB: 64
FilterSramSzkB: 64
OfmapSramSzkB: 64
IfmapOffset: 0
FilterOffset: 10000000
OfmapOffset: 20000000
Bandwidth: 16
Dataflow: ws
MemoryBanks: 1
ReadRequestBuffer: 32
WriteRequestBuffer: 32

[layout]
IfmapCustomLayout: False
FilterCustomLayout: False
IfmapSRAMBankBandwidth: 10
IfmapSRAMBankNum: 10
IfmapSRAMBankPort: 2
FilterSRAMBankBandwidth: 10
FilterSRAMBankNum: 10
FilterSRAMBankPort: 2

[sparsity]
SparsitySupport: false

[run_presets]
InterfaceBandwidth: CALC
UseRamulatorTrace: False
"""


def scale_sim(python: str) -> tuple[list[list[str]], float]:
    """Its compute report, and the seconds of processor time it takes."""
    with tempfile.TemporaryDirectory() as place:
        config = Path(place, "ws.cfg")
        config.write_text(CONFIG)
        before = os.times()
        topology = str(TOPOLOGY.resolve())
        options = ("-t", topology, "-l", topology, "-c", str(config), "-p", place)
        subprocess.run(
            [python, "-m", "scalesim.scale", *options, "-i", "conv", "-s", "N"],
            cwd=place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        after = os.times()
        seconds = sum(after[2:4]) - sum(before[2:4])
        (report,) = Path(place).rglob("COMPUTE_REPORT.csv")
        rows = list(csv.reader(report.read_text().splitlines()))[1:]
    return rows, seconds


def main() -> None:
    """Runs both."""
    with marked(PAGE, "bench.scale_sim", sys.argv[1:]) as add:
        machine, shapes = load_config(MACHINE), read_topology(TOPOLOGY)
        time_layer(shapes[0], Mode.ACT, machine, 0)  # compiled kernels come from the cache
        began = time.process_time()
        layers = [time_layer(shape, Mode.ACT, machine, 0) for shape in shapes]
        timed = time.process_time() - began
        sums = [one.run.accumulators() for one in layers]
        seconds = time.process_time() - began
        assert all(each.dtype == np.int32 for each in sums)
        rows, their_seconds = scale_sim(sys.argv[1])
        add("\n| layer | rows, k, columns | SCALE-Sim, cycles | dittosim, cycles | ratio |\n")
        add("|---|---|---|---|---|\n")
        theirs = [int(float(row[2])) for row in rows]
        for one, cycles in zip(layers, theirs, strict=True):
            s = one.layer.shape
            add(
                f"| {one.layer.name} | {s.rows:,}, {s.k:,}, {s.columns:,} | {cycles:,} | "
                f"{one.cycles:,} | {cycles / one.cycles:.2f} |\n"
            )
        total, their_total = sum(one.cycles for one in layers), sum(theirs)
        add(f"| all | | {their_total:,} | {total:,} | {their_total / total:.2f} |\n")
        speed, their_speed = total / seconds, their_total / their_seconds
        add(
            f"\nSCALE-Sim's are Total Cycles. It simulates {their_speed:,.0f} cycles per second of "
            f"processor time ({their_seconds:,.0f} s), dittosim {speed:,.0f} ({seconds:.2f} s), "
            f"values included, with one thread of BLAS; timing and its operands take {timed:.2f} s "
            f"of it: {speed / their_speed:,.0f} times as many.\n"
        )


if __name__ == "__main__":
    main()
