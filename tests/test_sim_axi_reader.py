import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.bursts import split
from golden.config import MachineConfig
from sim.axi_reader import read_transfer, reader_cycles, reader_parameters, reader_state
from sim.streams import ReadyPattern
from tb.transfers import random_transfers

CONFIGS = st.builds(
    MachineConfig,
    bus_bytes=st.sampled_from([4, 16, 128]),
    burst_words=st.integers(1, 40),
    outstanding_reads=st.integers(1, 16),
    memory_latency=st.integers(1, 60),
    memory_interval=st.integers(1, 5),
)


@settings(deadline=None)  # compiles on first use
@given(CONFIGS, st.integers(0, 2**32 - 1))
def test_kernel_equals_the_recurrence_over_words(config, seed):
    rng = np.random.default_rng(seed)
    transfers = random_transfers(config, rng, 12, 1 << 14)
    gaps = rng.choice([0, 0, 1, 50, 300], len(transfers)).tolist()
    words = reader_cycles(transfers, gaps, config, ReadyPattern.always())
    state, parameters = reader_state(config), reader_parameters(config)
    accepted, place = -1, 0
    for transfer, gap in zip(transfers, gaps, strict=True):
        accepted, first, last = read_transfer(
            state, parameters, transfer.address, transfer.words, accepted + 1 + gap
        )
        assert (first, last) == (words[place], words[place + transfer.words - 1])
        place += transfer.words
    assert state[2] == sum(len(split(transfer, config)) for transfer in transfers)


def test_one_word_after_the_latency():
    config = MachineConfig(memory_latency=32)
    # Accepted in 0, asked for in 1.
    result = read_transfer(reader_state(config), reader_parameters(config), 0, 1, 0)
    assert result == (0, 33, 33)


@settings(deadline=None)
@given(
    st.sampled_from([1, 2, 4, 8, 16, 32]),
    st.integers(1, 16),
    st.integers(1, 100),
    st.integers(1, 4),
)
def test_full_rate_exactly_when_docs_say_so(burst_words, in_flight, latency, interval):
    config = MachineConfig(
        burst_words=burst_words,
        outstanding_reads=in_flight,
        memory_latency=latency,
        memory_interval=interval,
    )
    words = 1024
    _, first, last = read_transfer(reader_state(config), reader_parameters(config), 0, words, 0)
    enough = (in_flight - 1) * burst_words * interval >= latency + 1 - interval
    assert (last - first == (words - 1) * interval) == enough
