"""Energy of memory outside the machine."""

from enum import StrEnum


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
