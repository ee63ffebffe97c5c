"""Sampling runs of workloads on the Verilog, against golden, sim and the integer model."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from dittosim.energy.cost import EnergyModel
from dittosim.energy.model import energy_model
from dittosim.flows import FlowName, golden_flow, machine_flow
from dittosim.machines import Config, config_name, machine_of
from dittosim.programs.images import draw_on_verilog
from dittosim.programs.sampling import sampling_jobs
from dittosim.programs.steps import planned_program
from dittosim.verification.checks import (
    Options,
    Report,
    described,
    machines_of,
    prepare,
    run_checks,
)
from dittosim.verification.findings_table import Row
from dittosim.verification.step_energy import (
    StepEnergy,
    draw_with_events,
    event_findings,
    step_figures,
    step_table,
)
from dittosim.verification.verification import Verification
from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.errors import DittosimError
from golden.wording import number_of
from golden.workload.workload import Workload, load_workload
from tb.harness.simulators import Simulator
from tb.harness.task import Findings

BENCH = "sampling"


@dataclass(frozen=True)
class SamplingPoint:
    """A run to check."""

    workload: str
    """Name or folder"""
    config: Config
    flow: FlowName
    steps: int
    """Of the run"""
    last_step: int
    seed: int


@dataclass(frozen=True)
class SamplingCheck:
    """What came of it."""

    steps: int
    """That ran"""
    findings: Findings
    energy: Sequence[StepEnergy] = ()
    """Of each step, if it was asked for"""


def sampling_points(
    workloads: Sequence[str],
    configs: Sequence[Config],
    flows: Sequence[FlowName],
    steps: int | None,
    until: int | None,
    seed: int,
) -> list[SamplingPoint]:
    """Every run, configuration by configuration; DittosimError before anything runs."""
    for flow in flows:
        machine_flow(flow)
    lengths = {}
    for workload in workloads:
        lengths[workload] = load_workload(workload).steps(steps)
        if until is not None and until >= lengths[workload]:
            raise DittosimError(
                f"--until {until}: {workload} runs in {number_of(lengths[workload], 'step')} here, "
                f"the last is {lengths[workload] - 1}; choose it or an earlier one"
            )
    return [
        SamplingPoint(
            workload,
            config,
            flow,
            lengths[workload],
            lengths[workload] - 1 if until is None else until,
            seed,
        )
        for config, workload, flow in product(configs, workloads, flows)
    ]


def check_sampling(
    point: SamplingPoint, simulator: Simulator, model: EnergyModel | None = None
) -> SamplingCheck:
    """Draws one image on the Verilog.

    Compared are, after every step, all bytes of memory with golden's and all counters with sim's,
    and the last image with that of the integer model, which knows nothing of programs. With
    ``model`` also what takes energy, number_of in the Verilog, with what the simulator counts.
    """
    source, mode = load_workload(point.workload), machine_flow(point.flow)
    config = machine_of(point.config)
    program = planned_program(source, config, mode, steps=point.steps, seed=point.seed)
    (job,) = sampling_jobs(
        source,
        point.workload,
        program,
        1,
        point.steps,
        point.last_step,
        Sampler.DDIM,
        point.seed,
        source.labels(1),
    )
    energy: Sequence[StepEnergy] = ()
    if model:
        drawing, energy = draw_with_events(job, source, model)
    else:
        drawing = draw_on_verilog(job, simulator)
    findings = drawing.findings + _image_findings(point, source, drawing.image)
    return SamplingCheck(len(drawing.counters), findings + event_findings(energy), energy)


def _image_findings(point: SamplingPoint, model: Workload, image: np.ndarray) -> Findings:
    expected = model.sample(
        golden_flow(point.flow),
        model.noise(1, point.seed),
        point.steps,
        seed=ImageSeed(point.seed, 0),
        last_step=point.last_step,
    )
    wrong = np.argwhere(image != expected)
    first = (
        f"image after step {point.last_step}: pixel {wrong[0][1:].tolist()}" if len(wrong) else ""
    )
    return Findings(values=expected.size, value_differences=len(wrong), first_difference=first)


def verify_sampling(
    workloads: Sequence[str],
    configs: Sequence[Config],
    flows: Sequence[FlowName],
    steps: int | None,
    until: int | None,
    options: Options,
    energy: str | None = None,
) -> Verification:
    """Whole steps of every workload on every machine in every flow.

    With a table of ``energy`` also what takes energy; DittosimError if it is of another machine.
    """
    machines = machines_of(configs, BENCH)
    models = {}
    if energy:
        if options.simulator is not Simulator.VERILATOR:
            raise DittosimError("--energy counts events on verilator alone: leave out --simulator")
        models = {config: energy_model(energy, each) for config, each in machines.items()}
    points = sampling_points(workloads, configs, flows, steps, until, options.seed)
    prepare(machines, options.simulator)
    report = Report[SamplingPoint, SamplingCheck](
        title="sampling",
        columns=("workload and flow", "steps"),
        row=lambda point, check: Row(
            f"{name_of(point.workload)} {point.flow}",
            check.steps,
            check.findings,
            section=config_name(point.config),
        ),
        head=described(machines),
        key="runs",
        listing=lambda point, check: {
            "configuration": config_name(point.config),
            "workload": name_of(point.workload),
            "flow": point.flow.value,
            "steps": point.steps,
            "until": point.last_step,
            "steps_run": check.steps,
            **({"energy": step_figures(check.energy)} if energy else {}),
        },
        speed=True,
        tables=lambda found: [
            step_table(f"energy of {name_of(point.workload)} {point.flow}", check.energy)
            for point, check in found
            if check.energy
        ],
    )
    calls = [
        (
            check_sampling,
            point,
            options.simulator,
            *([models[config_name(point.config)]] if energy else []),
        )
        for point in points
    ]
    return run_checks(points, calls, report, options)


def name_of(workload: str) -> str:
    """A workload's name, also where its folder is given."""
    return Path(workload).resolve().name if Path(workload).is_dir() else workload
