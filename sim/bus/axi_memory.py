"""What the cycle models of both bus engines know of the bus and its memory."""

from golden.machine.config import MachineConfig

BusParameters = tuple[int, int, int, int, int, int]
"""See :func:`bus_parameters`"""


def bus_parameters(config: MachineConfig) -> BusParameters:
    """What the compiled kernels need of the configuration."""
    return (
        config.bus_bytes,
        config.page_words,
        config.burst_words,
        config.memory_latency,
        config.memory_interval,
        config.scratchpad_bytes,
    )
