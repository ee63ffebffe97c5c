import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.machine.bursts import split
from golden.machine.config import MachineConfig
from sim.blocks.streams import ReadyPattern
from sim.bus.axi_reader import read_transfer, reader_cycles
from sim.bus.memory_ports import MemoryPorts
from sim.bus.transfer_log import BusEngine
from tb.bus.transfers import random_transfers
from tests.helpers.bus_configs import bus_configs, unbroken_bus_configs


def idle(config: MachineConfig) -> tuple[BusEngine, tuple[int, ...]]:
    ports = MemoryPorts.of(config)
    return ports.reader, ports.reader_parameters


@settings(deadline=None)  # compiles on first use
@given(bus_configs, st.integers(0, 2**32 - 1))
def test_kernel_equals_the_recurrence_over_words(config, seed):
    rng = np.random.default_rng(seed)
    transfers = random_transfers(config, rng, 12, 1 << 14)
    gaps = rng.choice([0, 0, 1, 50, 300], len(transfers)).tolist()
    words = reader_cycles(transfers, gaps, config, ReadyPattern.always())
    engine, parameters = idle(config)
    accepted, place = -1, 0
    for transfer, gap in zip(transfers, gaps, strict=True):
        accepted, first, last = read_transfer(
            engine, parameters, transfer.address, transfer.words, accepted + 1 + gap
        )
        assert (first, last) == (words[place], words[place + transfer.words - 1])
        place += transfer.words
    assert engine.state[2] == sum(len(split(transfer, config)) for transfer in transfers)


def test_one_word_after_the_latency():
    config = MachineConfig(memory_latency=32)
    # Accepted in 0, asked for in 1.
    result = read_transfer(*idle(config), 0, 1, 0)
    assert result == (0, 33, 33)


@settings(deadline=None)
@given(unbroken_bus_configs)
def test_full_rate_exactly_when_docs_say_so(config):
    words = 1024
    _, first, last = read_transfer(*idle(config), 0, words, 0)
    interval, in_flight = config.memory_interval, config.outstanding_reads
    enough = (in_flight - 1) * config.burst_words * interval >= config.memory_latency + 1 - interval
    assert (last - first == (words - 1) * interval) == enough
