"""Layers of workloads on the accelerator's Verilog, against golden and sim."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from dittosim.machines import Config, config_name, machine_of
from dittosim.verification.checks import (
    Options,
    Report,
    described,
    machines_of,
    prepare,
    run_checks,
)
from dittosim.verification.findings_table import Row
from dittosim.verification.verification import Verification
from golden.accelerator.program import programs_of
from golden.accelerator.workload_layers import workload_layers
from golden.difference.matmul import Mode
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.scheduler.planning import planned
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.programs import BENCH, programs_on_verilog
from tb.runner import BENCHES


@dataclass(frozen=True)
class WorkloadCheck:
    """What came of all layers of a workload in one mode."""

    products: int
    """Of matrices: in TEMPORAL a layer may have two"""
    findings: Findings


def run_with_step(workload: str, step: int, steps: int | None, seed: int) -> Run:
    """The run whose ``step`` is checked; DittosimError if it has none, before any work."""
    run = Run.of(load_workload(workload), steps, seed=seed)
    run.check_step(step)
    return run


def check_workload(
    workload: str,
    config: Config,
    mode: Mode,
    simulator: Simulator = Simulator.VERILATOR,
    seed: int = 0,
    step: int = 1,
    steps: int | None = None,
) -> WorkloadCheck:
    """Runs them on the activations of one image at ``step`` of ``steps``, memory to memory.

    Of the workload's usual number of steps if ``steps`` is None.
    """
    machine = machine_of(config)
    run = run_with_step(workload, step, steps, seed)
    layers = workload_layers(run, machine, [mode], planned, step=step)
    limit = BENCHES[BENCH].memory_words * machine.bus_bytes
    limit += machine.scratchpad_bytes
    programs = list(programs_of([one.run for one in layers], limit))
    return WorkloadCheck(len(layers), programs_on_verilog(programs, machine, simulator, seed))


Point = tuple[Config, str, Mode]
"""Configuration, workload, mode"""


def verify_workloads(
    workloads: Sequence[str],
    configs: Sequence[Config],
    step: int,
    steps: int | None,
    options: Options,
) -> Verification:
    """Every workload on every machine in the three modes."""
    machines = machines_of(configs, BENCH)
    seed = options.seed
    sampled = {workload: run_with_step(workload, step, steps, seed) for workload in workloads}
    names = {workload: run.workload.name for workload, run in sampled.items()}
    prepare(machines, options.simulator)
    points: list[Point] = list(product(dict.fromkeys(configs), names, Mode))
    which = dict.fromkeys(run.describe_step(step) for run in sampled.values())

    def row(point: Point, check: WorkloadCheck) -> Row:
        config, workload, mode = point
        return Row(
            f"{names[workload]} {mode}", check.products, check.findings, section=config_name(config)
        )

    def listing(point: Point, check: WorkloadCheck) -> dict[str, Any]:
        config, workload, mode = point
        return {
            "configuration": config_name(config),
            "workload": names[workload],
            "steps": sampled[workload].steps,
            "step": step,
            "mode": mode.value,
            "products": check.products,
        }

    report = Report[Point, WorkloadCheck](
        title=f"layers at {'; '.join(which)}",
        columns=("workload and mode", "pro-\nducts"),
        row=row,
        head=described(machines),
        key="workloads",
        listing=listing,
    )
    calls = [
        (check_workload, workload, config, mode, options.simulator, seed, step, steps)
        for config, workload, mode in points
    ]
    return run_checks(points, calls, report, options)
