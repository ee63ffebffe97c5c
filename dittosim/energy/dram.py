"""Energy of memory outside the machine."""

from enum import StrEnum

from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import Standard


class Dram(StrEnum):
    """Kinds of it."""

    LPDDR4 = "lpddr4"
    DDR3 = "ddr3"
    HBM2 = "hbm2"
    HBM3 = "hbm3"

    @property
    def pj_bit(self) -> float:
        """Picojoules of a bit moved, as the package hwcomponents-cacti has them."""
        return {Dram.LPDDR4: 8.0, Dram.DDR3: 70.0, Dram.HBM2: 6.25, Dram.HBM3: 4.05}[self]


DEFAULT_DRAM = Dram.LPDDR4
_OF_STANDARD = {
    Standard.LPDDR4_3200: Dram.LPDDR4,
    Standard.HBM2: Dram.HBM2,
    Standard.HBM3: Dram.HBM3,
}


def default_dram(config: MachineConfig) -> Dram:
    """The kind that a machine is on, or the default of those that are on none.

    DittosimError if there is no figure of it.
    """
    if config.dram is None:
        return DEFAULT_DRAM
    standard = config.dram.standard
    if standard not in _OF_STANDARD:
        raise DittosimError(
            f"{standard}: no energy of a bit is known here; give that of another kind "
            f"({', '.join(Dram)}) with --dram, in a sweep's space with dram = "
        )
    return _OF_STANDARD[standard]
