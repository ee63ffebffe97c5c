"""Times layers of a model on the whole accelerator, memory included."""

from dataclasses import replace

from golden.accelerator.counters import CAUSES
from golden.accelerator.lowering import layer_runs
from golden.accelerator.plan import Plan
from golden.accelerator.program import LayerRun
from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.network.nodes import Shape
from sim.run.layer import LayerCycles, layer_cycles
from sim.scheduler.planning import layer_alone, planned


class MemoryTiming:
    """Cycles of a layer from memory to memory; each layer alone in the queue.

    What lies between two layers is the host's, so that no layer's loads can begin before it.

    A layer is cut into passes as is cheapest in the first step in which it runs in a mode, and
    the same way from then on. Images (and heads) run one after the other.
    """

    def __init__(self, shapes: dict[str, Shape]) -> None:
        """``shapes`` are those of the tensors that convolutions read, by layer."""
        self._shapes = shapes
        self._plans: dict[tuple[str, Mode, int], Plan] = {}

    def __call__(self, layer_input: LayerInput, mode: Mode, config: MachineConfig) -> LayerCycles:
        """In place of :func:`sim.run.layer.layer_cycles`; causes are those of the counters.

        Raises DittosimError if the layer does not fit the machine.
        """
        name = layer_input.layer.name
        tiles = layer_cycles(layer_input, mode, config)
        total = LayerCycles(bound=tiles.bound, dense=tiles.dense)
        for instance in range(len(layer_input.operands.first)):
            number = 0

            def plan(run: LayerRun) -> LayerRun:
                nonlocal number
                key = (name, run.mode, number)
                number += 1
                if key not in self._plans:
                    self._plans[key] = planned(run).plan
                return replace(run, plan=self._plans[key])

            shape = self._shapes.get(name)
            runs = layer_runs(
                layer_input, mode, shape, config, plan, instance=instance, values=False
            )
            for run in runs:
                counters = layer_alone(run).counters
                causes = {cause: getattr(counters, f"cycles_{cause}") for cause in CAUSES}
                total += LayerCycles(counters.cycles, causes=causes)
        return total
