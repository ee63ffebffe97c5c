"""What a queue asks DRAM for: every access, and from when on its controller knows of it."""

import numpy as np

from golden.accelerator.program import Program
from golden.vector.run import MixedQueue
from sim.bus.memory_ports import MemoryPorts
from sim.scheduler.accelerator import queue_timeline

COLUMNS = ("tick", "address", "write")


def dram_requests(queue: Program | MixedQueue) -> np.ndarray:
    """int64 (accesses, :data:`COLUMNS`), in the order in which the controller comes to know them.

    Ticks are those of the DRAM's clock (tCK), from the first address on; an address is the first
    byte of the access. The machine is on DRAM.
    """
    config = queue.config
    assert config.dram is not None
    counting = MemoryPorts.of(config)
    queue_timeline(queue, counting)
    ports = MemoryPorts.of(config, requests=int(counting.dram.controller["logged"][0]))
    queue_timeline(queue, ports)
    cycle, address, words, write = ports.dram.log[np.argsort(ports.dram.log[:, 0], kind="stable")].T
    timing = config.dram.timing
    size = timing.access_bytes
    first = address // size
    counts = (address + words * config.bus_bytes - 1) // size - first + 1
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    cycles = cycle - int(ports.dram.controller["origin"][0])
    ticks = -(-cycles * config.dram.clock_ps // timing.tck_ps)
    columns = np.repeat(ticks, counts), (np.repeat(first, counts) + within) * size
    return np.stack([*columns, np.repeat(write, counts)], axis=1)
