import pytest

from dittosim.energy.clock import cycle_ns
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig


def test_a_cycle_on_dram_is_the_one_that_it_counts() -> None:
    assert cycle_ns(MachineConfig(), 0.75) == 0.75
    assert cycle_ns(MachineConfig(dram="hbm2"), 0.75) == 1.0
    fast = MachineConfig(dram=DramConfig(standard="hbm2", clock_ps=700))
    with pytest.raises(DittosimError, match=r"clock_ps = 700: .*0\.750 ns .* at least 750"):
        cycle_ns(fast, 0.75)
