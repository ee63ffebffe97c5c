"""The ports to memory that all engines share: one read or block of writes after the other."""

import numpy as np

from golden.jit import njit
from golden.machine.timing import LOADS_UNDER_WAY
from sim.bus.axi_reader import read_transfer
from sim.bus.axi_writer import write_transfer

UNKNOWN = np.int64(1 << 60)
"""A cycle that depends on what has not been granted yet"""

PORTS = np.dtype(
    [
        # From when on they take another command, and the write port another block.
        ("reader_free", np.int64),
        ("writer_free", np.int64),
        ("block_free", np.int64),
        ("reads", np.int64),
        ("read_ends", np.int64, (LOADS_UNDER_WAY,)),
    ]
)


@njit(cache=True, nogil=True)
def read_ready(shared, ports):  # pragma: no cover - compiled
    """From when on a read is accepted."""
    end = shared.read_ends[shared.reads % LOADS_UNDER_WAY]
    return max(shared.reader_free, end + 1, ports.reader.state[0])


@njit(cache=True, nogil=True)
def read(shared, ports, cycle, address, words):  # pragma: no cover - compiled
    """A read that is accepted in ``cycle``: when its last word comes."""
    _, _, last = read_transfer(ports.reader, ports.reader_parameters, address, words, cycle)
    shared.reader_free = cycle + 1 + ports.rest
    shared.read_ends[shared.reads % LOADS_UNDER_WAY] = last
    shared.reads += 1
    return last


@njit(cache=True, nogil=True)
def write(shared, ports, offered, address, words, data_from):  # pragma: no cover - compiled
    """A write offered from a cycle on: when it is accepted, its last word taken, and it is done."""
    cycle = max(offered, shared.writer_free)
    accepted, _, drained, completed = write_transfer(
        ports.writer, ports.writer_parameters, address, words, cycle, data_from
    )
    shared.writer_free = accepted + 1 + ports.rest
    shared.block_free = drained + 1
    return accepted, drained, completed
