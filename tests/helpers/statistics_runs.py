"""A short run with its statistics, taken once for all tests of a process."""

from functools import cache

from dittosim.statistics.report import Report
from golden.flow.dataflow import Rule
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from sim.run.statistics import run_statistics


@cache
def short_report(steps: int = 4, rule: Rule = "linear") -> Report:
    """digits-unet on 'small', two images."""
    model = load_workload("digits-unet")
    statistics = run_statistics(model, load_config("small"), steps=steps, images=2)
    return Report(model, "small", statistics, steps, 0, 4, rule)
