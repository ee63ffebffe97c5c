import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.machine.bursts import split
from golden.machine.config import MachineConfig
from sim.blocks.streams import ReadyPattern
from sim.bus.axi_writer import write_transfer, writer_cycles
from sim.bus.memory_ports import MemoryPorts
from sim.bus.transfer_log import BusEngine
from tb.bus.transfers import random_transfers
from tests.helpers.bus_configs import bus_configs, unbroken_bus_configs


def idle(config: MachineConfig) -> tuple[BusEngine, tuple[int, ...]]:
    ports = MemoryPorts.of(config)
    return ports.writer, ports.writer_parameters


@settings(deadline=None)  # compiles on first use
@given(bus_configs, st.integers(0, 2**32 - 1))
def test_kernel_equals_the_recurrence_over_words(config, seed):
    rng = np.random.default_rng(seed)
    transfers = random_transfers(config, rng, 12, 1 << 14)
    gaps = rng.choice([0, 0, 1, 50, 300], len(transfers)).tolist()
    data_gaps = []
    for transfer in transfers:
        data_gaps += [int(rng.choice([0, 5, 200])), *[0] * (transfer.words - 1)]
    words, done = writer_cycles(transfers, gaps, data_gaps, config, ReadyPattern.always())
    engine, parameters = idle(config)
    accepted, place, last = -1, 0, -1
    for number, (transfer, gap) in enumerate(zip(transfers, gaps, strict=True)):
        accepted, first, last, answered = write_transfer(
            engine,
            parameters,
            transfer.address,
            transfer.words,
            accepted + 1 + gap,
            last + 1 + data_gaps[place],
        )
        assert (first, last) == (words[place], words[place + transfer.words - 1])
        assert answered == done[number]
        place += transfer.words
    assert engine.state[3] == sum(len(split(transfer, config)) for transfer in transfers)


def test_one_word():
    config = MachineConfig(memory_latency=32)
    # Accepted in 0, issued in 1, address offered in 2, word taken in 3, answered 32 later.
    result = write_transfer(*idle(config), 0, 1, 0, 0)
    assert result == (0, 3, 3, 35)


@settings(deadline=None)
@given(unbroken_bus_configs)
def test_full_rate_exactly_when_docs_say_so(config):
    words = 1024
    _, first, last, _ = write_transfer(*idle(config), 0, words, 0, 0)
    interval, in_flight = config.memory_interval, config.outstanding_writes
    enough = (in_flight - 1) * config.burst_words * interval >= config.memory_latency + 3 - interval
    assert (last - first == (words - 1) * interval) == enough
