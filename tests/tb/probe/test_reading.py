from itertools import islice
from pathlib import Path

import pytest

from dittosim.flows import FlowName, machine_flow
from dittosim.programs.sampling import sampling_jobs
from dittosim.programs.steps import planned_program
from golden.denoising.samplers import Sampler, images_by_step
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.step.program import Entry, StepProgram
from golden.workload.workload import load_workload
from sim.run.activity import Busy, simulated_units
from sim.run.steps import StepSimulator
from tb.harness.simulators import Simulator
from tb.probe.reading import read_probe
from tb.sampling import sample_on_verilog
from tb.stimuli.sampling_job import SamplingJob
from tests.helpers.simulators import needs_icarus
from tests.helpers.tiny_digits import save_tiny_digits

NEAR = ", with a scratchpad"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_digits(tmp_path_factory.mktemp("workloads") / "tiny")


def job_of(place: Path, flow: FlowName, config: str, last_step: int) -> SamplingJob:
    workload = load_workload(str(place))
    machine = load_config(config.removesuffix(NEAR))
    if config.endswith(NEAR):
        machine = machine.model_copy(update={"scratchpad_bytes": 1 << 16})
    program = planned_program(workload, machine, machine_flow(flow))
    labels = workload.labels(1)
    arguments = (workload.steps(None), last_step, Sampler.DDIM, 0, labels)
    (job,) = sampling_jobs(workload, str(place), program, 1, *arguments)
    return job


def simulated(job: SamplingJob) -> list[tuple[list[Entry], list[Busy]]]:
    workload = load_workload(job.workload)
    simulator = StepSimulator(job.program, workload, job.labels)
    schedule = workload.description.schedule
    images = images_by_step(job.sampler, simulator, job.noise, schedule, job.steps, job.seed)
    found = []
    for _ in islice(images, job.last_step + 1):
        assert simulator.queue
        found.append((list(simulator.steps[-1].entries), simulated_units(simulator.queue)))
    return found


@pytest.mark.parametrize(
    ("flow", "config", "last_step", "simulator"),
    [
        # Discarded sums, then stored ones, choices, products that add to the step before.
        (FlowName.ORIGINAL, "tiny", 0, Simulator.VERILATOR),
        (FlowName.DEFO, "tiny", 2, Simulator.VERILATOR),
        # Bursts of both, and a queue before the first step.
        (FlowName.TEMPORAL, f"tiny{NEAR}", 1, Simulator.VERILATOR),
        pytest.param(
            *(FlowName.DEFO_PLUS, "small", 2, Simulator.VERILATOR), marks=pytest.mark.long
        ),
        pytest.param(
            *(FlowName.ORIGINAL, "tiny", 0, Simulator.ICARUS),
            marks=[needs_icarus, pytest.mark.long],
        ),
    ],
)
def test_every_interval_is_the_simulators(
    tiny: Path,
    tmp_path: Path,
    flow: FlowName,
    config: str,
    last_step: int,
    simulator: Simulator,
) -> None:
    """Layers, passes, choices and transfers, as seen on the Verilog, to the cycle."""
    job = job_of(tiny, flow, config, last_step)
    assert (job.program.loading is not None) == config.endswith(NEAR)
    probe = tmp_path / "probe.txt"
    _, findings = sample_on_verilog(job, simulator, probe)
    assert findings.differences == 0, findings.first_difference
    seen, expected = read_probe(probe, job.program), simulated(job)
    assert len(seen) == len(expected) == last_step + 1
    for queue, (entries, units) in zip(seen, expected, strict=True):
        assert queue.entries == entries
        assert queue.units == units


@pytest.fixture(scope="module")
def program(tiny: Path) -> StepProgram:
    return job_of(tiny, FlowName.ORIGINAL, "tiny", 0).program


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ("5 go\n7 read 4 0 999999 32\n", "unknown descriptor 0, 0xf423f"),
        ("5 go\n7 read 4 1 0 32\n", "unknown descriptor 1, 0x0"),
    ],
)
def test_a_descriptor_of_another_program(
    tmp_path: Path, program: StepProgram, events: str, words: str
) -> None:
    path = tmp_path / "probe.txt"
    path.write_text(events)
    with pytest.raises(DittosimError, match=words):
        read_probe(path, program)
