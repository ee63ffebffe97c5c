"""Cycles of layers of given shapes on the machine, each alone, from memory to memory."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dittosim.layers.shapes import NamedShape
from golden.accelerator.counters import Counters
from golden.accelerator.program import LayerRun
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.timing import FEEDER_LATENCY, PASS_DRAIN
from sim.run.array_events import ArrayEvents, array_events
from sim.scheduler.accelerator import LayerTimeline
from sim.scheduler.pass_cycles import pass_cycles
from sim.scheduler.planning import layer_alone, planned
from tb.stimuli.layer_of_shape import layer_of_shape


@dataclass(frozen=True)
class TimedLayer:
    """A layer and what it takes."""

    layer: NamedShape
    run: LayerRun
    timeline: LayerTimeline
    """Of one of the equal layers"""
    events: ArrayEvents
    """Of one of them, too"""

    @property
    def counters(self) -> Counters:
        """Of one of them."""
        return self.timeline.counters

    @property
    def cycles(self) -> int:
        """Of all of them, one after the other: fetching, loading, computing, storing."""
        return self.layer.count * self.counters.cycles

    @cached_property
    def array_cycles(self) -> int:
        """Of one, from the start of its first pass to the end of its last one."""
        return self.timeline.ends[-1] - self.timeline.starts[0] + 1

    @property
    def busy_cycles(self) -> int:
        """In which passes have elements or digits in the lanes: without their filling and
        draining.
        """
        passes = pass_cycles(self.run) - FEEDER_LATENCY - PASS_DRAIN
        return int(passes.sum()) * self.run.plan.groups

    @property
    def multipliers(self) -> int:
        """Of the machine."""
        return self.run.plan.config.multipliers

    @property
    def macs(self) -> int:
        """Of one."""
        return self.layer.macs // self.layer.count


def time_layer(layer: NamedShape, mode: Mode, config: MachineConfig, seed: int) -> TimedLayer:
    """The layer, cut as is cheapest, on activations like those of a denoising step.

    See :func:`tb.stimuli.layer_of_shape.layer_of_shape`; on dense tiles cycles do not depend on
    them. DittosimError names a layer that does not fit the machine.
    """
    try:
        run = planned(layer_of_shape(layer.shape, mode, config, np.random.default_rng(seed)))
    except DittosimError as error:
        raise DittosimError(f"layer {layer.name}: {error}") from error
    return TimedLayer(layer, run, layer_alone(run), array_events(run))
