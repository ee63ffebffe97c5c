"""The accelerator's ways to memory, as its compiled engines take them."""

from typing import NamedTuple

import numpy as np

from golden.machine.config import MachineConfig
from sim.bus.axi_memory import BusParameters, bus_parameters
from sim.bus.axi_reader import idle_reader
from sim.bus.axi_writer import idle_writer
from sim.bus.transfer_log import BusEngine
from sim.dram.state import NO_DRAM, Dram, idle_dram

TIES = ("store of products, output stage", "store of products, vector unit")
"""Who may ask for the write port in the same cycle; the first has it"""


class MemoryPorts(NamedTuple):
    """Read and write engine before a memory, and what they have done; for one run of a queue."""

    reader: BusEngine
    """See :func:`sim.bus.axi_reader.idle_reader`"""
    reader_parameters: BusParameters
    writer: BusEngine
    """See :func:`sim.bus.axi_writer.idle_writer`"""
    writer_parameters: BusParameters
    ties: np.ndarray
    """int64: how often each of :data:`TIES` asked in the cycle in which the first had the port"""
    rest: int = 0
    """Cycles that each of them takes no command, after the one in which it took one"""
    on_dram: bool = False
    """Whether the memory is DRAM"""
    dram: Dram = NO_DRAM

    @classmethod
    def of(
        cls, config: MachineConfig, logged: tuple[int, int] = (0, 0), requests: int = 0
    ) -> "MemoryPorts":
        """The bus engines before the memory of a machine, at rest.

        ``logged`` reads and writes are kept in their logs (:mod:`sim.bus.transfer_log`), and
        ``requests`` bursts in that of the DRAM (:mod:`sim.dram.state`).
        """
        parameters = bus_parameters(config)
        reader, writer = (
            idle_reader(config.outstanding_reads, logged[0]),
            idle_writer(config.outstanding_writes, logged[1]),
        )
        ties = np.zeros(len(TIES), np.int64)
        if config.dram is None:
            return cls(reader, parameters, writer, parameters, ties)
        dram = idle_dram(config, requests)
        return cls(reader, parameters, writer, parameters, ties, on_dram=True, dram=dram)

    def counting(self, layers: int) -> "MemoryPorts":
        """The same, which count the scratchpad's bytes of a queue of so many layers."""
        reader, writer = self.reader.counting(layers), self.writer.counting(layers)
        return self._replace(reader=reader, writer=writer)
