import numpy as np
import pytest

from golden.machine.config import MachineConfig, load_config
from sim.bus.memory_ports import MemoryPorts
from sim.dram.state import TURNS
from sim.scheduler.accelerator import queue_timeline
from tb.bus.memory import memories
from tb.harness.coverage import Coverage
from tb.stimuli import random_turns as stimulus
from tests.helpers.command_line import REPOSITORY
from tests.helpers.random_configs import random_accelerator


def with_scratchpad(config: MachineConfig) -> MachineConfig:
    changes = {
        "scratchpad_bytes": stimulus.ROOM * max(4, config.bus_bytes),
        "outstanding_reads": max(stimulus.OUTSTANDING, config.outstanding_reads),
        "outstanding_writes": max(stimulus.OUTSTANDING, config.outstanding_writes),
    }
    return config.model_copy(update=changes)


MACHINES = [
    *(load_config(name) for name in ("tiny", "small")),
    *(random_accelerator(np.random.default_rng(seed)) for seed in range(8)),
]


@pytest.mark.parametrize("config", MACHINES)
def test_a_bench_meets_every_turn(config: MachineConfig) -> None:
    config = with_scratchpad(config)
    rng = np.random.default_rng(1)
    coverage = Coverage({"turns": stimulus.turn_strata(config)})
    for name, machine in memories(config, rng).items():
        queues = list(stimulus.turning_queues(machine, rng, coverage))
        assert bool(queues) == ("dram" in name)
    assert coverage.missed() == []


@pytest.mark.parametrize("burst_words", [1, 5, 16])
def test_time_begins_with_a_read_behind_a_write_where_blocks_are_as_long_as_said(
    burst_words: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dram = load_config(str(REPOSITORY / "docs/machines/ddr4.toml")).dram
    for config in MACHINES:
        config = with_scratchpad(config).model_copy(update={"burst_words": burst_words})
        machine = config.model_copy(update={"dram": dram})
        said = stimulus.first_blocks(config)
        met = []
        for words in range(1, min(26, config.vector_words // 4) + 1):
            monkeypatch.setattr(stimulus, "first_blocks", lambda _, words=words: [words])
            ports = MemoryPorts.of(machine)
            queue = stimulus.random_turns(machine, np.random.default_rng(words))
            queue_timeline(queue.queue, ports)
            if ports.dram.controller["turns"][0, TURNS.index(TURNS[-1])]:
                met.append(words)
        monkeypatch.undo()
        assert met == said


@pytest.mark.parametrize(
    "changes",
    [{"scratchpad_bytes": 0}, {"scratchpad_bytes": 4096}, {"outstanding_writes": 3}],
)
def test_no_turn_is_demanded_of_machines_that_cannot_have_it(changes: dict[str, int]) -> None:
    config = with_scratchpad(load_config("small")).model_copy(update=changes)
    assert stimulus.turn_strata(config) == ()
