"""How long a cycle takes."""

from golden.errors import DittosimError
from golden.machine.config import MachineConfig


def cycle_ns(config: MachineConfig, needs_ns: float) -> float:
    """Nanoseconds of a cycle of a machine whose logic needs ``needs_ns``.

    On DRAM it is the one by which its cycles are counted. DittosimError if that is too short.
    """
    if config.dram is None:
        return needs_ns
    own = config.dram.clock_ps / 1000
    if own < needs_ns:
        raise DittosimError(
            f"dram: clock_ps = {config.dram.clock_ps}: the machine's logic needs {needs_ns:.3f} ns "
            f"for a cycle; give at least {-int(-needs_ns * 1000 // 1)}"
        )
    return own
