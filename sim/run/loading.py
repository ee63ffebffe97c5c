"""Exact cycles of the queue that fills the scratchpad before the first step."""

from golden.accelerator.counters import Counters
from golden.step.program import Queue, StepProgram
from golden.vector.descriptor import VectorDescriptor
from golden.vector.run import MixedQueue, VectorRun
from sim.scheduler.accelerator import LayerTimeline, queue_timeline


def loading_timeline(program: StepProgram) -> tuple[list[LayerTimeline], Counters]:
    """Its layers and all that it counts; nothing of a program without one."""
    if program.loading is None:
        return [], Counters()
    return queue_timeline(_mixed(program.loading, program))


def _mixed(queue: Queue, program: StepProgram) -> MixedQueue:
    runs = []
    for entry in queue.entries:
        assert isinstance(entry.descriptor, VectorDescriptor)
        runs.append(VectorRun(entry.descriptor, program.config))
    return MixedQueue(tuple(runs), (None,) * len(runs), queue.base, program.config)
