from functools import cache

import pytest

from golden.machine.config import MachineConfig
from rtl.emission.emit import Emission
from tb.bus.memory_top import SETTINGS
from tb.harness.simulators import Simulator
from tb.harness.task import Findings, Task
from tb.runner import BENCHES, Bench, run_bench
from tests.helpers.dram_bench import WRONG, Wires
from tests.helpers.master_emission import master_emission
from tests.helpers.simulators import needs_icarus

CONFIG = MachineConfig(bus_bytes=16)


@cache
def design() -> Emission:
    return master_emission(Wires(CONFIG))


def run(
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
    wrong: str = "",
    simulator: Simulator = Simulator.VERILATOR,
) -> Findings:
    bench = Bench("dram", "", "tests.helpers.dram_bench", "bursts", memory=True, cycles=False)
    monkeypatch.setitem(BENCHES, "dram", bench)
    arguments = [f"+{WRONG}={wrong}"] if wrong else []
    task = Task(bench="dram", config=CONFIG, seed=seed, one_difference=bool(wrong))
    return run_bench(task, simulator, emission=design(), arguments=arguments)


@pytest.mark.parametrize("seed", range(3))
def test_verilog_moves_every_word_when_the_simulator_says(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    findings = run(monkeypatch, seed)
    assert findings.values == 5 * 5 * (60 + 4)
    assert findings.differences == 0, findings.first_difference


@needs_icarus
def test_icarus_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its signals change one after the other: loops must end meanwhile, too."""
    findings = run(monkeypatch, 0, simulator=Simulator.ICARUS)
    assert findings.values == 5 * 5 * (60 + 4)
    assert findings.differences == 0, findings.first_difference


@pytest.mark.parametrize("setting", [name for name in SETTINGS if name != "on"])
def test_every_setting_is_noticed(monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    assert any(run(monkeypatch, seed, setting).differences for seed in range(3))
