"""The formula of a machine's memories against those of its Verilog."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from dittosim.silicon.design import WHOLE, Memory, split
from dittosim.silicon.macros import machine_macros
from golden.machine.config import MachineConfig, load_config
from tests.helpers.emissions import emission
from tests.helpers.random_configs import random_accelerator
from tests.helpers.tools import needs_yosys


def of_verilog(config: MachineConfig, folder: Path) -> Counter[tuple[str, Memory]]:
    emitted = emission(WHOLE, config)
    design = split(emitted.top, emitted.verilog, folder)
    found: Counter[tuple[str, Memory]] = Counter()
    for name, count in design.instances.items():
        for memory, each in design.modules[name].memories.items():
            found[name.removeprefix("ditto_"), memory] += count * each
    return found


@needs_yosys
@pytest.mark.parametrize("scratchpad_bytes", [0, 1 << 14])
def test_memories_of_tiny(tmp_path: Path, scratchpad_bytes: int) -> None:
    config = load_config("tiny").model_copy(update={"scratchpad_bytes": scratchpad_bytes})
    near = "accelerator", Memory(32, 1 << 12, reads=1, writes=1)
    assert (near in machine_macros(config)) == bool(scratchpad_bytes)
    assert machine_macros(config) == of_verilog(config, tmp_path)


@pytest.mark.long
@needs_yosys
@pytest.mark.parametrize("seed", range(6))
def test_memories_of_random_machines(tmp_path: Path, seed: int) -> None:
    config = random_accelerator(np.random.default_rng(seed))
    assert machine_macros(config) == of_verilog(config, tmp_path)


def test_small_memories_are_flip_flops() -> None:
    config = load_config("tiny")
    smaller = config.model_copy(update={"accumulator_depth": 4})
    gone = {name for name, _ in machine_macros(config)} - {n for n, _ in machine_macros(smaller)}
    assert gone == {"accumulator"}
