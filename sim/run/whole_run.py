"""Cycles of a whole sampling run on the whole machine: every node of every step.

The integer model computes what every product multiplies, once and for all flows; nothing runs over
memory. Cycles are those of :class:`sim.run.steps.StepSimulator`, which does.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from golden.accelerator.counters import Counters
from golden.denoising.image_noise import ImageSeed
from golden.difference.layer_step import LayerInput, LayerStep
from golden.difference.matmul import Mode
from golden.step.compilation import tensor_layouts
from golden.step.execute import chosen
from golden.step.program import Entry, StepProgram
from golden.workload.workload import Workload
from sim.dram.counts import DramCounts
from sim.run.activations import Activations, Inputs
from sim.run.array_events import ArrayEvents
from sim.run.cycle_model import CycleModel
from sim.run.operand_rows import OperandRows
from sim.run.queue_timer import QueueTimer, StepTimeline

Name = TypeVar("Name")
"""Of a flow"""


@dataclass
class WholeRun:
    """What a run's steps cost, all images together."""

    steps: list[Counters] = field(default_factory=list)
    """Of the machine, step by step"""
    modes: list[Mapping[str, Mode]] = field(default_factory=list)
    """What the machine chose for nodes, step by step; of the last image"""
    drams: list[DramCounts] = field(default_factory=list)
    """What the DRAM did, step by step, of a machine on one"""
    _nodes: list[dict[str, np.ndarray]] = field(default_factory=list)
    """Counts of the layers of each node of the graph, step by step"""
    _array: list[dict[tuple[str, Mode], ArrayEvents]] = field(default_factory=list)
    """What the tiles do for each node, by mode, step by step"""

    def add(self, number: int, step: StepTimeline) -> None:
        """One more image's step."""
        if number == len(self.steps):
            self.steps.append(Counters())
            self.modes.append({})
            self._nodes.append({})
            self._array.append({})
            if step.dram:
                self.drams.append(DramCounts())
        self.steps[number] += step.counters
        self.modes[number] = step.modes
        if step.dram:
            self.drams[number] += step.dram
        nodes = self._nodes[number]
        for entry, line in zip(step.entries, step.layers, strict=True):
            if entry.node in nodes:
                nodes[entry.node] += line.trace.counts
            else:
                nodes[entry.node] = line.trace.counts.copy()
        array = self._array[number]
        for entry, events in zip(step.entries, step.array, strict=False):
            if events:
                key = entry.node, events[0]
                array[key] = array.get(key, ArrayEvents()) + events[1]

    @property
    def total(self) -> Counters:
        """Of all steps."""
        return sum(self.steps, Counters())

    @property
    def dram(self) -> DramCounts | None:
        """What the DRAM did in all steps, of a machine on one."""
        return sum(self.drams, DramCounts()) if self.drams else None

    def dram_of(self, step: int) -> DramCounts | None:
        """What it did in one."""
        return self.drams[step] if self.drams else None

    def node(self, name: str, step: int | None = None) -> Counters:
        """Of a node in a step, or in all of them.

        Nodes add up to ``steps``, but for the last cycle of every queue.
        """
        chosen = self._nodes if step is None else self._nodes[step : step + 1]
        counts = sum(nodes[name] for nodes in chosen if name in nodes)
        return Counters(*counts.tolist()) if isinstance(counts, np.ndarray) else Counters()

    def array(self, name: str | None = None, step: int | None = None) -> dict[Mode, ArrayEvents]:
        """What the tiles did for a node, or for all, in a step, or in all; if it was counted."""
        chosen = self._array if step is None else self._array[step : step + 1]
        found: dict[Mode, ArrayEvents] = {}
        for of_step in chosen:
            for (node, mode), events in of_step.items():
                if name in (None, node):
                    found[mode] = found.get(mode, ArrayEvents()) + events
        return found

    def names(self) -> list[str]:
        """Nodes with layers, in the order in which they run."""
        return list(dict.fromkeys(name for nodes in self._nodes for name in nodes))


class _Flow:
    """A flow's program under way on an image."""

    def __init__(
        self, program: StepProgram, rows: OperandRows, events: bool, model: CycleModel | None
    ) -> None:
        self._program, self._rows = program, rows
        self._timer = QueueTimer(program, events=events, model=model)

    def step(self, layer_steps: Inputs) -> StepTimeline:
        """The next step, on the operands of its layers."""
        number, program, timer = len(self._timer.steps), self._program, self._timer

        def choose(entry: Entry) -> Mode:
            return timer.choose(number, entry)

        for entry in chosen(program.queues[program.queue_of(number)].entries, choose):
            of = entry.product
            timer.add(entry, self._rows.run(entry, layer_steps[of.layer]) if of else None)
        return timer.end()


def whole_runs(
    programs: Mapping[Name, StepProgram],
    workload: Workload,
    *,
    steps: int | None = None,
    images: int = 1,
    seed: int = 0,
    events: bool = False,
    models: Mapping[Name, CycleModel] | None = None,
    activations: Activations | None = None,
    progress: Callable[[], None] = lambda: None,
) -> dict[Name, WholeRun]:
    """Samples ``images`` images and counts every cycle of ``programs``, one for each flow.

    ``events``: what the tiles do is counted, too. ``models`` stand for the tiles of flows.
    ``activations`` are those of that very run, image by image, if they are there already.
    ``progress`` is called after every step of an image. Programs may be of several machines that
    lay out tensors alike.
    """
    runs = {flow: WholeRun() for flow in programs}
    labels, last = workload.labels(images), [*workload.layers()][-1]
    config = next(iter(programs.values())).config
    rows = OperandRows(workload.description.graph, tensor_layouts(workload, config))

    def started() -> Callable[[int, Inputs], None]:
        """Takes the steps of an image, one after the other."""
        flows = {
            flow: _Flow(program, rows, events, (models or {}).get(flow))
            for flow, program in programs.items()
        }

        def take(number: int, inputs: Inputs) -> None:
            for flow, under_way in flows.items():
                runs[flow].add(number, under_way.step(inputs))
            progress()

        return take

    if activations:
        for batch in activations.batches:
            take = started()
            for step, inputs in enumerate(batch):
                take(step, inputs)
        return runs
    for number, noise in enumerate(workload.noise_batches(images, seed, 1)):
        take, layer_steps = started(), dict[str, LayerInput]()

        def observe(layer_step: LayerStep, take=take, layer_steps=layer_steps) -> None:
            layer_steps[layer_step.layer.name] = layer_step
            if layer_step.layer.name == last:
                take(layer_step.step, layer_steps)
                layer_steps.clear()

        workload.sample(
            Mode.ACT,
            noise,
            steps,
            observe,
            labels=None if labels is None else labels[number : number + 1],
            seed=ImageSeed(seed, number),
        )
    return runs
