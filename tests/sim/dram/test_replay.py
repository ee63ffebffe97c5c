import numpy as np
import pytest

from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig, Standard
from sim.dram.replay import Request, replayed
from tb.bus.random_dram import random_dram
from tests.helpers.naive_dram import NaiveDram
from tests.helpers.random_traffic import PATTERNS, random_traffic


def machine(rng, standard):
    return MachineConfig(
        bus_bytes=int(rng.choice([8, 16, 32, 128])),
        outstanding_reads=int(rng.integers(1, 17)),
        outstanding_writes=int(rng.integers(1, 17)),
        dram=random_dram(rng, standard),
    )


@pytest.mark.parametrize("standard", Standard)
def test_every_cycle_is_that_of_the_naive_model(standard):
    met = set()
    for number, pattern in enumerate(PATTERNS * 3):
        rng = np.random.default_rng([number, list(Standard).index(standard)])
        config = machine(rng, standard)
        requests = random_traffic(rng, config, pattern)
        naive = NaiveDram(config)
        expected = naive.run(requests)
        assert replayed(requests, config).tolist() == [list(each) for each in expected], pattern
        met |= naive.modes | ({"refresh"} if naive.refreshes > 1 else set())
    assert met == {
        *("full", "window", "batch over reads", "batch", "write alone", "read"),
        *("hit", "miss", "refresh"),
    }


def test_a_refresh_that_falls_due_as_a_burst_is_chosen():
    """It goes before bursts that are chosen in cycles whose ticks are all after it."""
    base = MachineConfig(dram=DramConfig(standard="hbm2"))
    due = base.dram.timing.refi
    waits = []
    for cycle in range(due - 4, due + 3):
        requests = [Request(0, 0, 1, False), Request(cycle, 0, 1, False)]
        found = replayed(requests, base).tolist()
        assert found == [list(each) for each in NaiveDram(base).run(requests)], cycle
        waits.append(found[1][1] - found[1][0] > base.dram.timing.rfc)
    assert waits == [False] * 3 + [True] * 4


def test_a_stream_of_reads_moves_at_the_rate_of_the_channel():
    """Without refresh a stream over bank groups would reach the peak; it has rfc of refi less."""
    for standard in Standard:
        config = MachineConfig(bus_bytes=32, outstanding_reads=16, dram=standard)
        requests = [Request(0, 128 * n, 4, False) for n in range(20_000)]
        cycles = replayed(requests, config)[-1, 2]
        timing = config.dram.timing
        share = 20_000 * 128 / cycles / config.dram.peak
        assert 0.95 * (1 - timing.rfc / timing.refi) < share < 1 - timing.rfc / timing.refi, (
            standard
        )
