"""What choosing the cuts of layers by their cycles gains."""

from dataclasses import replace

from rich.table import Table

from golden.accelerator.candidates import candidates
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun
from golden.accelerator.workload_layers import workload_layers
from golden.difference.matmul import Mode
from golden.machine.config import load_config, preset_names
from golden.workload.run import Run
from golden.workload.workload import load_workload
from sim.scheduler.planning import layer_alone

WORKLOAD = "digits-unet"


def planning_gains() -> Table:
    """Cycles of all layers at the second of 50 steps, each alone, in three modes.

    With more and more plans to choose from.
    """
    table = Table(title=f"{WORKLOAD}: cycles by the plans to choose from")
    for column in ("config", "largest blocks", "any blocks and order", "... and chunks of k"):
        table.add_column(column, justify="right")
    run = Run.of(load_workload(WORKLOAD))
    for name in preset_names():
        config = load_config(name)
        layers = workload_layers(run, config, list(Mode), lambda one: one)
        cycles = [0, 0, 0]
        for layer in layers:
            one = layer.run
            plans = list(candidates(one.plan.shape, one.mode, config))
            fewest = [plan for plan in plans if plan.chunks == plans[0].chunks]
            for place, choice in enumerate((plans[:1], fewest, plans)):
                cycles[place] += min(_cycles(one, plan) for plan in choice)
        table.add_row(name, *(f"{count:,}" for count in cycles))
    return table


def _cycles(run: LayerRun, plan: Plan) -> int:
    return layer_alone(replace(run, plan=plan)).cycles
