import numpy as np
import pytest

from golden.machine.config import MachineConfig
from golden.machine.dram import Standard
from sim.dram.replay import Request, replayed
from tb.stimuli.random_dram import random_dram
from tests.helpers.naive_dram import NaiveDram

PATTERNS = ("streams", "random", "one bank", "rows", "rests")


def machine(rng, standard):
    return MachineConfig(
        bus_bytes=int(rng.choice([8, 16, 32, 128])),
        outstanding_reads=int(rng.integers(1, 17)),
        outstanding_writes=int(rng.integers(1, 17)),
        dram=random_dram(rng, standard),
    )


def traffic(rng, config, pattern, count=60):
    bus, timing = config.bus_bytes, config.dram.timing
    streams = rng.integers(0, 1 << 16, 3) * bus
    cycle, found = 0, []
    for _ in range(count):
        most = 4096 // bus
        words = int(min(most, rng.integers(1, 17)))
        stream = rng.integers(3)
        if pattern == "streams":
            address = int(streams[stream])
        elif pattern == "one bank":
            address = int(rng.integers(2)) * timing.row_bytes * timing.groups * timing.banks * 8
        elif pattern == "rows":
            address = int(rng.integers(64)) * timing.row_bytes
        else:
            address = int(rng.integers(1 << 14)) * bus
        words = min(words, (4096 - address % 4096) // bus)
        streams[stream] += words * bus
        found.append(Request(cycle, address, words, bool(rng.random() < (0.2, 0.5, 0.9)[stream])))
        rest = 3 * timing.refi if pattern == "rests" and rng.random() < 0.03 else 0
        cycle += int(rng.integers(0, 12)) * int(rng.random() < 0.5) + rest
    return found


@pytest.mark.parametrize("standard", Standard)
def test_every_cycle_is_that_of_the_naive_model(standard):
    met = set()
    for number, pattern in enumerate(PATTERNS * 3):
        rng = np.random.default_rng([number, list(Standard).index(standard)])
        config = machine(rng, standard)
        requests = traffic(rng, config, pattern)
        naive = NaiveDram(config)
        expected = naive.run(requests)
        assert replayed(requests, config).tolist() == [list(each) for each in expected], pattern
        met |= naive.modes | ({"refresh"} if naive.refreshes > 1 else set())
    assert met == {
        *("full", "window", "batch over reads", "batch", "write alone", "read"),
        *("hit", "miss", "refresh"),
    }
