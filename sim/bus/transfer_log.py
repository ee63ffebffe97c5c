"""What a bus engine has moved, transfer by transfer, for those who ask for it."""

from typing import NamedTuple

import numpy as np

from golden.accelerator.counters import KINDS
from golden.jit import engine

COLUMNS = ("layer", "kind", "address", "words", "accepted", "first", "last", "done")
"""Of a log: the layer's place in its queue, the place in
:data:`golden.accelerator.counters.KINDS`, what was asked for, when it was accepted, when its first
and last word were taken, when it was done (of reads, ``last``)"""

MOST_OUTSTANDING = 16
"""Bursts of a kind that are under way at most (:class:`golden.machine.config.MachineConfig`)"""


class BusEngine(NamedTuple):
    """The state of a bus engine and its memory, and a log of its transfers, all int64."""

    state: np.ndarray
    """As :mod:`sim.bus.axi_reader` and :mod:`sim.bus.axi_writer` lay it out"""
    rows: np.ndarray
    """(transfers, :data:`COLUMNS`); further ones are counted only"""
    now: np.ndarray
    """How many there were, and layer and kind of the next ones"""
    near: np.ndarray
    """(layers, :data:`golden.accelerator.counters.KINDS`) bytes of the scratchpad's; those of
    further layers are not counted"""

    @classmethod
    def of(cls, state: np.ndarray, logged: int) -> "BusEngine":
        """With a log of ``logged`` transfers."""
        rows = np.zeros((logged, len(COLUMNS)), np.int64)
        return cls(state, rows, np.zeros(3, np.int64), np.zeros((0, len(KINDS)), np.int64))

    def counting(self, layers: int) -> "BusEngine":
        """The same, which counts what a queue of so many layers moves in the scratchpad."""
        return self._replace(near=np.zeros((layers, len(KINDS)), np.int64))


KIND = {name: number for number, name in enumerate(KINDS)}
"""Numbers of kinds"""


@engine
def label(engine, layer, kind):  # pragma: no cover - compiled
    """Says whose the next transfers are, and of which kind."""
    engine.now[1], engine.now[2] = layer, kind


@engine
def log(engine, address, words, accepted, first, last, done):  # pragma: no cover - compiled
    """Keeps a transfer while there is room."""
    log_as(engine, engine.now[1], engine.now[2], address, words, accepted, first, last, done)


@engine
def log_as(
    engine, layer, kind, address, words, accepted, first, last, done
):  # pragma: no cover - compiled
    """... which is of another layer and kind than the next ones."""
    number = engine.now[0]
    engine.now[0] = number + 1
    if number < len(engine.rows):
        row = engine.rows[number]
        row[0], row[1], row[2], row[3] = layer, kind, address, words
        row[4], row[5], row[6], row[7] = accepted, first, last, done


@engine
def count_near(engine, size):  # pragma: no cover - compiled
    """Counts ``size`` bytes of the scratchpad."""
    count_near_as(engine, engine.now[1], engine.now[2], size)


@engine
def count_near_as(engine, layer, kind, size):  # pragma: no cover - compiled
    """... which are of another layer and kind than the next transfers."""
    if layer < len(engine.near):
        engine.near[layer, kind] += size
