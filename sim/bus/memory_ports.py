"""The accelerator's ways to memory, as its compiled engines take them."""

from typing import NamedTuple

import numpy as np

from golden.machine.config import MachineConfig
from sim.bus.axi_memory import bus_parameters
from sim.bus.axi_reader import idle_reader
from sim.bus.axi_writer import idle_writer


class MemoryPorts(NamedTuple):
    """Read and write engine before a memory, and what they have done; for one run of a queue."""

    reader: np.ndarray
    """See :func:`sim.bus.axi_reader.idle_reader`"""
    reader_parameters: tuple[int, int, int, int, int]
    writer: np.ndarray
    """See :func:`sim.bus.axi_writer.idle_writer`"""
    writer_parameters: tuple[int, int, int, int, int]
    rest: int = 0
    """Cycles that each of them takes no command, after the one in which it took one"""

    @classmethod
    def of(cls, config: MachineConfig) -> "MemoryPorts":
        """The bus engines before a memory of fixed latency and rate."""
        parameters = bus_parameters(config)
        reader, writer = (
            idle_reader(config.outstanding_reads),
            idle_writer(config.outstanding_writes),
        )
        return cls(reader, parameters, writer, parameters)
