"""Sampling runs on the emitted Verilog."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rtl.emission.emit import Emission
from tb.harness.simulators import Simulator
from tb.harness.task import Findings, Task
from tb.runner import run_bench
from tb.stimuli.sampling_job import SamplingJob, SamplingResult, load, result_path, save


def sample_on_verilog(
    job: SamplingJob,
    simulator: Simulator = Simulator.VERILATOR,
    probe: Path | None = None,
    emission: Emission | None = None,
    arguments: Sequence[str] = (),
    blocks: tuple[str, ...] | None = None,
) -> tuple[SamplingResult, Findings]:
    """Runs the steps on the emitted Verilog.

    After each step all of memory is compared with golden's and all counters with sim's. Raises
    DittosimError if the run does not come to its end. ``probe``: where to leave what the probe
    (:mod:`tb.probe`) sees. ``emission``, ``arguments`` and ``blocks`` as
    :func:`tb.runner.run_bench` takes them.
    """
    with tempfile.TemporaryDirectory(prefix="dittosim-") as scratch:
        path = Path(scratch) / "sampling.job"
        save(job, path)
        task = Task(bench="sampling", config=job.program.config, sampling=path, probe=probe)
        findings = run_bench(task, simulator, emission, blocks=blocks, arguments=arguments)
        result = load(result_path(path))
    assert isinstance(result, SamplingResult)
    return result, findings
