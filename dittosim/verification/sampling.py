"""Sampling runs of workloads on the Verilog, against golden, sim and the integer model."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np

from dittosim.flows import FlowName, golden_flow, machine_flow
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
from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.workload.workload import Workload, load_workload
from tb.harness.simulators import Simulator
from tb.harness.task import Findings

BENCH = "sampling"


@dataclass(frozen=True)
class SamplingPoint:
    """A run to check."""

    workload: str
    """Name or folder"""
    config: str
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


def sampling_points(
    workloads: Sequence[str],
    configs: Sequence[str],
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
                f"--until {until}: {workload} runs in {lengths[workload]} steps here, the last is "
                f"{lengths[workload] - 1}; choose it or an earlier one"
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


def check_sampling(point: SamplingPoint, simulator: Simulator) -> SamplingCheck:
    """Draws one image on the Verilog.

    Compared are, after every step, all bytes of memory with golden's and all counters with sim's,
    and the last image with that of the integer model, which knows nothing of programs.
    """
    model, mode = load_workload(point.workload), machine_flow(point.flow)
    config = load_config(point.config)
    program = planned_program(model, config, mode, steps=point.steps, seed=point.seed)
    (job,) = sampling_jobs(
        model,
        point.workload,
        program,
        1,
        point.steps,
        point.last_step,
        Sampler.DDIM,
        point.seed,
        model.labels(1),
    )
    drawing = draw_on_verilog(job, simulator)
    findings = drawing.findings + _image_findings(point, model, drawing.image)
    return SamplingCheck(len(drawing.counters), findings)


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
    configs: Sequence[str],
    flows: Sequence[FlowName],
    steps: int | None,
    until: int | None,
    options: Options,
) -> None:
    """Whole steps of every workload on every machine in every flow."""
    machines = machines_of(configs, BENCH)
    points = sampling_points(workloads, configs, flows, steps, until, options.seed)
    prepare(configs, options.simulator)
    report = Report[SamplingPoint, SamplingCheck](
        title="sampling",
        columns=("workload and flow", "steps"),
        row=lambda point, check: Row(
            f"{name_of(point.workload)} {point.flow}",
            check.steps,
            check.findings,
            section=point.config,
        ),
        head=described(machines),
        key="runs",
        listing=lambda point, check: {
            "configuration": point.config,
            "workload": name_of(point.workload),
            "flow": point.flow.value,
            "steps": point.steps,
            "until": point.last_step,
            "steps_run": check.steps,
        },
        speed=True,
    )
    calls = [(check_sampling, point, options.simulator) for point in points]
    run_checks(points, calls, report, options)


def name_of(workload: str) -> str:
    """A workload's name, also where its folder is given."""
    return Path(workload).resolve().name if Path(workload).is_dir() else workload
