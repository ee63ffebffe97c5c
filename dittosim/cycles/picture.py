"""Whole steps as a picture: cycles of flows side by side."""

import numpy as np

from dittosim.cycles.steps import Runs
from dittosim.drawing import Figure
from dittosim.flows import FlowName
from golden.workload.workload import Workload

COLORS = {
    FlowName.ORIGINAL: "#969696",
    FlowName.SPATIAL: "#fdae6b",
    FlowName.TEMPORAL: "#31a354",
    FlowName.DEFO: "#3182bd",
    FlowName.DEFO_PLUS: "#756bb1",
    FlowName.RAW_ATTENTION: "#d6604d",
}
ROW = 0.16
"""Inches of a bar"""


def run_figure(runs: Runs, workload: Workload, title: str) -> Figure:
    """Thousands of cycles per step, and millions per node over all steps, of each flow."""
    known = {name for run in runs.values() for name in run.names()}
    nodes = [node.name for node in workload.description.graph.nodes if node.name in known]
    height = ROW * len(nodes) * max(2, len(runs)) + 1.2
    figure = Figure(figsize=(11, height), layout="constrained")
    by_step, by_node = figure.subplots(1, 2)
    bar = 0.84 / len(runs)
    places = np.arange(len(nodes))
    for number, (flow, run) in enumerate(runs.items()):
        color = COLORS[flow]
        steps = [one.cycles / 1e3 for one in run.steps]
        by_step.plot(steps, "o-" if len(steps) < 20 else "-", ms=3, color=color, label=flow.value)
        values = [run.node(name).cycles / 1e6 for name in nodes]
        by_node.barh(places + number * bar, values, bar, color=color)
    by_step.set(xlabel="denoising step", ylabel="thousand cycles", ylim=(0, None))
    by_step.legend(frameon=False)
    by_node.set_yticks(places + 0.42 - bar / 2, nodes, fontsize=8)
    by_node.invert_yaxis()
    by_node.set(xlabel="million cycles, all steps")
    figure.suptitle(title, fontsize=10)
    return figure
