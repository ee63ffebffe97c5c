"""The accelerator's ways to the deterministic memory, as :mod:`sim.accelerator` takes them."""

from golden.config import MachineConfig
from sim.axi_memory import bus_parameters
from sim.axi_reader import read_transfer, reader_state
from sim.axi_writer import write_transfer, writer_state


class AxiReadPort:
    """The read engine before a memory of fixed latency and rate."""

    def __init__(self, config: MachineConfig) -> None:
        self._state, self._parameters = reader_state(config), bus_parameters(config)

    def read(self, cycle: int, address: int, words: int) -> tuple[int, int]:
        """See :class:`sim.accelerator.ReadPort`."""
        accepted, _, last = read_transfer(self._state, self._parameters, address, words, cycle)
        return accepted, last


class AxiWritePort:
    """The write engine before that memory."""

    def __init__(self, config: MachineConfig) -> None:
        self._state, self._parameters = writer_state(config), bus_parameters(config)

    def write(self, cycle: int, address: int, words: int, delay: int) -> tuple[int, int, int]:
        """See :class:`sim.accelerator.WritePort`."""
        accepted = max(cycle, int(self._state[0]))  # when the engine has sent what came before
        _, _, last, done = write_transfer(
            self._state, self._parameters, address, words, cycle, accepted + delay
        )
        return accepted, last, done
