"""What the compiled model of DRAM knows of its timing, and keeps of channels, banks and bursts."""

from typing import NamedTuple

import numpy as np

from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig, Timing
from sim.blocks.cycles import LONG_AGO, UNKNOWN

WAITING = 32
"""Bursts of a kind that may wait for the controller: more than may be outstanding"""
LONGEST_WINDOW = 32
FAW_ACTIVATES = 4
"""Activates that the activation window is of"""

TIMES = np.dtype(
    [
        *((name, np.int64) for name in Timing._fields),
        # Ticks from a column command to one of the other kind, to the end of its data, and from a
        # write to a precharge.
        ("read_to_write", np.int64),
        ("write_to_read_s", np.int64),
        ("write_to_read_l", np.int64),
        ("read_data", np.int64),
        ("write_data", np.int64),
        ("write_to_precharge", np.int64),
        # Of an address: by how many bits it is shifted and what is left of it then.
        ("row_shift", np.int64),
        *((f"{name}_{part}", np.int64) for name in DramConfig.PLACES for part in ("shift", "mask")),
        # Of the controller and its machine.
        ("clock_ps", np.int64),
        ("window", np.int64),
        ("write_batch", np.int64),
        # Binary logarithms of the bytes of a bus word and of an access.
        ("bus_shift", np.int64),
        ("access_shift", np.int64),
        # Cycles of a tick, nearly.
        ("tick_cycles", np.float64),
    ]
)
"""Of every channel"""

CHANNEL = np.dtype(
    [
        # Ticks of the last commands of each kind.
        ("activated", np.int64),
        ("read", np.int64),
        ("written", np.int64),
        # Of the last activates, and how many there were.
        ("activates", np.int64, (FAW_ACTIVATES,)),
        ("activations", np.int64),
    ]
)
GROUP = np.dtype([(name, np.int64) for name in ("activated", "read", "written")])
BANK = np.dtype(
    [
        # The open row, or -1.
        ("row", np.int64),
        # Ticks of the last commands of each kind, and from when on it may be activated if closed.
        ("activated", np.int64),
        ("read", np.int64),
        ("written", np.int64),
        ("ready", np.int64),
    ]
)
BURST = np.dtype(
    [
        # From which cycle on the controller sees it.
        ("seen", np.int64),
        ("address", np.int64),
        ("words", np.int64),
        # Whose it is, as who brought it numbers that.
        ("tag", np.int64),
    ]
)

TURNS = (
    "words of the scratchpad wait for DRAM's",
    "words of DRAM wait for the scratchpad's",
    "response of the scratchpad waits for DRAM's",
    "response of DRAM waits for the scratchpad's",
    "the first burst was granted after another",
)
"""What bursts of a scratchpad and of DRAM, which come by turns, may meet: those that are there wait
for what is before them in their direction; time begins with the burst that is accepted first"""

CONTROLLER = np.dtype(
    [
        # The cycle in which time begins: the first address is accepted.
        ("origin", np.int64),
        # When the next refresh is due, in ticks.
        ("refresh", np.int64),
        # The cycle of the last choice, how many there were, and when those in the window had sent
        # all their column commands.
        ("chosen", np.int64),
        ("choices", np.int64),
        ("sent", np.int64),
        ("sent_at", np.int64, (LONGEST_WINDOW,)),
        # Writes left of a batch.
        ("batch", np.int64),
        # Bursts of either kind that came and were chosen.
        ("reads", np.int64),
        ("reads_chosen", np.int64),
        ("writes", np.int64),
        ("writes_chosen", np.int64),
        # The last cycle in which a word was read, and a write answered; those of the scratchpad.
        ("taken", np.int64),
        ("answered", np.int64),
        ("near_taken", np.int64),
        ("near_answered", np.int64),
        # How often each of TURNS was.
        ("turns", np.int64, (len(TURNS),)),
        # Commands so far.
        ("activations", np.int64),
        ("accesses_read", np.int64),
        ("accesses_written", np.int64),
        ("refreshes", np.int64),
        # Bursts that came, of which the log keeps as many as it has room for.
        ("logged", np.int64),
    ]
)

REQUESTS = ("cycle", "address", "words", "write")
"""Columns of the log of bursts: from when on the controller sees it, in cycles of the queue"""


class Dram(NamedTuple):
    """DRAM and its controller, for one run."""

    times: np.ndarray
    """(1,) :data:`TIMES`"""
    controller: np.ndarray
    """(1,) :data:`CONTROLLER`"""
    channels: np.ndarray
    """(channels,) :data:`CHANNEL`"""
    groups: np.ndarray
    """(channels * groups,) :data:`GROUP`"""
    banks: np.ndarray
    """(channels * groups * banks,) :data:`BANK`"""
    reads: np.ndarray
    """(:data:`WAITING`,) :data:`BURST`"""
    writes: np.ndarray
    """(:data:`WAITING`,) :data:`BURST`"""
    log: np.ndarray
    """int64 (bursts, :data:`REQUESTS`)"""


def idle_dram(config: MachineConfig, logged: int = 0) -> Dram:
    """The DRAM of a machine that is on one, at rest with all banks closed.

    It keeps ``logged`` bursts in its log.
    """
    dram = config.dram
    assert dram is not None
    timing = dram.timing
    times = np.zeros(1, TIMES)
    for name, value in timing._asdict().items():
        times[name] = value
    times["read_to_write"] = timing.read_to_write
    times["read_data"] = timing.cl + timing.burst
    times["write_data"] = timing.cwl + timing.burst
    for name in ("wtr_s", "wtr_l"):
        times[name.replace("wtr", "write_to_read")] = times["write_data"] + getattr(timing, name)
    times["write_to_precharge"] = times["write_data"] + timing.wr
    for name, shift in dram.shifts.items():
        times[f"{name}_shift"] = shift
        if name != "row":
            times[f"{name}_mask"] = (1 << dram.bits[name]) - 1
    for name in ("clock_ps", "window", "write_batch"):
        times[name] = getattr(dram, name)
    times["write_batch"] = min(dram.write_batch, config.outstanding_writes)
    times["bus_shift"] = config.bus_bytes.bit_length() - 1
    times["access_shift"] = timing.access_bytes.bit_length() - 1
    times["tick_cycles"] = timing.tck_ps / dram.clock_ps
    state = _state(times, dram.channels, timing.groups, timing.banks, logged)
    state.channels["activations"] = 0
    state.banks["row"] = -1
    controller = state.controller
    controller["origin"] = UNKNOWN
    controller["refresh"] = timing.refi
    for name in (
        *("chosen", "sent", "sent_at"),
        *("taken", "answered", "near_taken", "near_answered"),
    ):
        controller[name] = LONG_AGO
    return state


def _long_ago(count: int, kind: np.dtype) -> np.ndarray:
    state = np.zeros(count, kind)
    for name in kind.names or ():
        state[name] = LONG_AGO
    return state


def _state(times: np.ndarray, channels: int, groups: int, banks: int, logged: int) -> Dram:
    return Dram(
        times,
        np.zeros(1, CONTROLLER),
        _long_ago(channels, CHANNEL),
        _long_ago(channels * groups, GROUP),
        _long_ago(channels * groups * banks, BANK),
        np.zeros(WAITING, BURST),
        np.zeros(WAITING, BURST),
        np.zeros((logged, len(REQUESTS)), np.int64),
    )


NO_DRAM = _state(np.zeros(1, TIMES), 0, 0, 0, 0)
"""In the place of one that a machine does not have"""
