import pytest

from dittosim.energy.dram import DEFAULT_DRAM, Dram, default_dram
from golden.errors import DittosimError
from golden.machine.config import MachineConfig


def test_energy_of_a_bit_is_that_of_the_machines_own_dram() -> None:
    assert default_dram(MachineConfig()) is DEFAULT_DRAM
    assert default_dram(MachineConfig(dram="hbm2")) is Dram.HBM2
    with pytest.raises(DittosimError, match="ddr4-2400: no energy of a bit is known here"):
        default_dram(MachineConfig(dram="ddr4-2400"))
