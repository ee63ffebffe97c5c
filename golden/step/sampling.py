"""A denoiser whose steps a program computes, for the samplers."""

from collections.abc import Callable
from functools import partial

import numpy as np

from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.floating.execution import run_static
from golden.step.execute import execute
from golden.step.program import Entry, StepProgram
from golden.workload.workload import Workload

Watcher = Callable[[int, Entry, LayerRun | None], None]
"""Sees the step, every entry when it is done, and the run of a product."""
Choose = Callable[[int, Entry], Mode]
"""The mode of a choice in a step, which count from 0"""


def first_modes(step: int, _: Entry) -> Mode:
    """The mode of every choice in the two steps that Defo measures, which needs no cycles."""
    return Mode.TEMPORAL if step else Mode.ACT


class ProgramDenoiser:
    """Callable like :class:`golden.denoising.denoiser.Denoiser`, for batches of one image."""

    def __init__(
        self,
        program: StepProgram,
        workload: Workload,
        labels: np.ndarray | None = None,
        watcher: Watcher = lambda *_: None,
        choose: Choose = first_modes,
    ) -> None:
        self._program = program
        self._workload = workload
        self._labels = workload.labels(1) if labels is None else labels
        self._watcher = watcher
        self._choose = choose
        self._step = 0
        self.memory = program.memory.copy()

    def __call__(self, image: np.ndarray, time: int) -> np.ndarray:
        """Predicted noise in ``image`` float32 (1, height, width, channels) at ``time``."""
        program = self._program
        queue = program.queue_of(self._step)
        static = static_tensors(self._workload, time, self._labels)
        for address, data in program.host_inputs(queue, image, static):
            self.memory[address : address + len(data)] = np.frombuffer(data, np.uint8)
        step = self._step
        choose = partial(self._choose, step)
        for entry, run in execute(self.memory, program, queue, choose):
            self._watcher(step, entry, run)
        self._step += 1
        return program.read_output(self.memory, queue)


def static_tensors(
    workload: Workload, time: int, labels: np.ndarray | None
) -> dict[str, np.ndarray]:
    """What the host computes for a step: tensors that depend on time and class alone, float64."""
    integer = workload.integer
    return run_static(integer.graph, workload.weights, integer.static_inputs, time, labels)
