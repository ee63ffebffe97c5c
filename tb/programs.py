"""Queues of layers on the emitted Verilog."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from golden.accelerator.program import Program
from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission
from tb.harness.simulators import Simulator
from tb.harness.task import Findings, Task
from tb.runner import run_bench
from tb.stimuli.program_file import save_programs

BENCH = "accelerator"


def programs_on_verilog(
    programs: Sequence[Program],
    config: MachineConfig,
    simulator: Simulator = Simulator.VERILATOR,
    seed: int = 0,
    emission: Emission | None = None,
    arguments: Sequence[str] = (),
    blocks: tuple[str, ...] | None = None,
) -> Findings:
    """Runs them memory to memory, and compares all accumulators, counters and cycles.

    ``emission``, ``arguments`` and ``blocks`` as :func:`tb.runner.run_bench` takes them.
    DittosimError if a run does not come to its end.
    """
    with tempfile.TemporaryDirectory(prefix="dittosim-") as folder:
        path = Path(folder) / "programs.npz"
        save_programs(path, list(programs))
        task = Task(bench=BENCH, config=config, seed=seed, rows=path)
        return run_bench(task, simulator, emission, blocks=blocks, arguments=arguments)
