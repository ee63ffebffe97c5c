import pytest

from dittosim.designs.memory import memories
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig, Standard

FIXED = MachineConfig(memory_interval=2, memory_latency=77)
ON_DRAM = MachineConfig(dram=DramConfig(standard="hbm2", channels=4))


def test_its_own() -> None:
    (own,) = memories(FIXED, None, None)
    assert (own.name, own.bandwidth, own.of(FIXED)) == ("8", 8, FIXED)
    (own,) = memories(ON_DRAM, None, None)
    assert (own.name, own.bandwidth, own.of(ON_DRAM)) == ("hbm2", 64, ON_DRAM)
    assert own.title == "hbm2, 4 channels, 64.0 bytes a cycle at most"


def test_rates_each_once_the_widest_first() -> None:
    found = memories(FIXED, [4, 16, 4], None)
    assert [one.of(FIXED).memory_interval for one in found] == [1, 4]
    assert all(one.of(FIXED).memory_latency == 77 for one in found)


def test_standards_have_the_channels_of_the_configuration() -> None:
    found = memories(ON_DRAM, None, [Standard.LPDDR4_3200, Standard.HBM3])
    assert [one.name for one in found] == ["hbm3", "lpddr4-3200"]
    assert all(one.dram and one.dram.channels == 4 for one in found)
    (alone,) = memories(FIXED, None, [Standard.HBM3])
    assert alone.of(FIXED) == MachineConfig(dram="hbm3")


@pytest.mark.parametrize(
    ("base", "rates", "standards", "words"),
    [
        (ON_DRAM, [16.0], None, "the configuration's memory is hbm2, which has its own"),
        (FIXED, [16.0], [Standard.HBM2], "--bandwidth and --standard"),
    ],
)
def test_both_at_once(
    base: MachineConfig, rates: list[float], standards: list[Standard] | None, words: str
) -> None:
    with pytest.raises(DittosimError, match=words):
        memories(base, rates, standards)
