from dataclasses import replace

from golden.accelerator.counters import CAUSES
from golden.accelerator.lowering import Planner
from golden.accelerator.workload_layers import NamedRun, source_shapes, workload_layers
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.run import Run
from golden.workload.workload import Workload, load_workload
from sim.run.layer import layer_cycles
from sim.run.memory_timing import MemoryTiming
from sim.run.simulation import Simulation, simulate
from sim.scheduler.planning import layer_alone, planned

CONFIG = load_config("small")


def test_memory_costs_and_causes_add_up() -> None:
    workload = load_workload("digits-dit")
    timing = MemoryTiming(source_shapes(workload))
    seen = []

    def observe(layer_step: LayerStep) -> None:
        for mode in Mode:
            cycles = timing(layer_step, mode, CONFIG)
            tiles = layer_cycles(layer_step, mode, CONFIG)
            assert sum(cycles.causes[cause] for cause in CAUSES) == cycles.cycles
            assert cycles.bound == tiles.bound
            assert cycles.cycles > cycles.bound
            seen.append(layer_step.layer.name)

    workload.sample(Mode.ACT, workload.noise(1, 0), 2, observe)
    assert set(seen) == set(workload.layers())


def test_step_that_is_lowered_is_the_one_simulated() -> None:
    """compile and verify --workload take the activations that simulate --scope layers times."""
    workload = load_workload("digits-unet")
    simulation = Simulation(CONFIG, [Mode.TEMPORAL], timing=MemoryTiming(source_shapes(workload)))
    simulate(workload, simulation, steps=5, seed=2)
    plans = [one.run.plan for one in lowered(workload, 1, planned)]
    for step in (1, 4):
        layers = lowered(workload, step, lambda run: run)
        found = dict.fromkeys(simulation.layers(), 0)
        for one, plan in zip(layers, plans, strict=True):
            found[one.layer] += layer_alone(replace(one.run, plan=plan)).counters.cycles
        for name, cycles in found.items():
            assert simulation.cycles[Mode.TEMPORAL, name, step].cycles == cycles


def lowered(workload: Workload, step: int, planner: Planner) -> list[NamedRun]:
    run = Run.of(workload, 5, seed=2)
    return workload_layers(run, CONFIG, [Mode.TEMPORAL], planner, step=step)
