"""Exact cycles of whole denoising steps: the queue of a program on the data that are in memory."""

from dataclasses import replace

import numpy as np

from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.step.program import Entry, StepProgram
from golden.step.sampling import ProgramDenoiser
from golden.vector.run import MixedQueue
from golden.workload.workload import Workload
from sim.bus.memory_ports import MemoryPorts
from sim.flow.defo_unit import DefoTable
from sim.run.queue_timer import QueueTimer, StepTimeline
from sim.scheduler.accelerator import queue_timeline

__all__ = ["StepSimulator", "StepTimeline", "products_alone"]


class StepSimulator:
    """A denoiser for samplers that computes in golden and counts the cycles of every step.

    ``steps`` grows by one :class:`StepTimeline` with each call. Like
    :class:`golden.step.sampling.ProgramDenoiser` for batches of one image, every byte of memory
    included; where only cycles are asked for, :mod:`sim.run.whole_run` has the same sooner.
    """

    def __init__(
        self,
        program: StepProgram,
        workload: Workload,
        labels: np.ndarray | None = None,
        machine: MemoryPorts | None = None,
    ) -> None:
        self._timer = QueueTimer(program, machine)
        self.denoiser = ProgramDenoiser(program, workload, labels, self._watch, self._choose)

    @property
    def memory(self) -> np.ndarray:
        """What golden leaves, uint8."""
        return self.denoiser.memory

    @property
    def steps(self) -> list[StepTimeline]:
        """Those that ran."""
        return self._timer.steps

    @property
    def queue(self) -> MixedQueue | None:
        """Of the last step."""
        return self._timer.queue

    @property
    def table(self) -> DefoTable | None:
        """What the Defo Unit keeps, in flows in which the machine chooses."""
        return self._timer.table

    def __call__(self, image: np.ndarray, time: int) -> np.ndarray:
        """Predicted noise, as the program computes it."""
        found = self.denoiser(image, time)
        self._timer.end()
        return found

    def _choose(self, step: int, entry: Entry) -> Mode:
        return self._timer.choose(step, entry)

    def _watch(self, _: int, entry: Entry, run: LayerRun | None) -> None:
        self._timer.add(entry, run)


def products_alone(queue: MixedQueue) -> int:
    """Cycles of a step's products in a queue of their own, all of whose sums are stored."""
    products = [
        (replace(run, output=False, discard=False), places)
        for run, places in zip(queue.runs, queue.addresses, strict=True)
        if isinstance(run, LayerRun)
    ]
    runs, addresses = zip(*products, strict=True)
    _, counters = queue_timeline(MixedQueue(runs, addresses, queue.queue, queue.config))
    return counters.cycles
