from golden.accelerator.counters import CAUSES
from golden.accelerator.workload_layers import source_shapes
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.workload import load_workload
from sim.run.layer import layer_cycles
from sim.run.memory_timing import MemoryTiming

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
