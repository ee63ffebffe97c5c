import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from golden.machine.bursts import Transfer, split
from golden.machine.config import MachineConfig

CONFIGS = st.builds(
    MachineConfig,
    bus_bytes=st.sampled_from([4, 8, 16, 32, 64, 128]),
    burst_words=st.integers(1, 256),
)


@given(CONFIGS, st.integers(0, 3000), st.integers(1, 3000))
def test_bursts_cover_the_transfer_and_keep_the_rules(config, place, words):
    bursts = split(Transfer(place * config.bus_bytes, words), config)
    covered = np.concatenate(
        [burst.address // config.bus_bytes + np.arange(burst.words) for burst in bursts]
    )
    assert covered.tolist() == list(range(place, place + words))
    for burst in bursts:
        assert 1 <= burst.words <= config.burst_words
        last_byte = burst.address + burst.words * config.bus_bytes - 1
        assert burst.address // 4096 == last_byte // 4096


@given(CONFIGS, st.integers(0, 3000), st.integers(1, 3000))
def test_no_burst_could_be_longer(config, place, words):
    for burst in split(Transfer(place * config.bus_bytes, words), config)[:-1]:
        at_page_end = (burst.address + burst.words * config.bus_bytes) % 4096 == 0
        assert burst.words == config.burst_words or at_page_end


def test_example():
    config = MachineConfig(bus_bytes=16, burst_words=16)
    bursts = split(Transfer(4096 - 32, 20), config)
    assert bursts == [Transfer(4064, 2), Transfer(4096, 16), Transfer(4352, 2)]
