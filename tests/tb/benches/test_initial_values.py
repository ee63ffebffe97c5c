"""Registers that start with any bits: what the reset gives them is all that the benches need."""

import shutil

import pytest

from golden.machine.config import load_config
from rtl.emission.emit import TOPS
from tb.harness.simulators import Simulator
from tb.harness.task import Task
from tb.harness.uninitialized import without_initial_values
from tb.runner import BENCHES, run_bench
from tests.helpers.emissions import emission
from tests.helpers.simulators import AN_HOUR, LONG_ON_ICARUS, assert_no_differences

TINY = load_config("tiny")
LONG = *LONG_ON_ICARUS, "multiplier"
RUNS = [
    # Unknown bits, which Icarus carries on to where they are compared.
    *(
        pytest.param(name, Simulator.ICARUS, marks=AN_HOUR if name in LONG else ())
        for name in BENCHES
        if shutil.which("iverilog")
    ),
    # Random bits: what is unknown decides no condition in Icarus, but these do.
    *(
        pytest.param(name, Simulator.VERILATOR, marks=pytest.mark.long)
        for name in ("overlap", "accelerator", "vector")
    ),
]


@pytest.mark.parametrize(("bench", "simulator"), RUNS)
def test_no_register_needs_its_initial_value(bench: str, simulator: Simulator) -> None:
    tiles = TOPS[BENCHES[bench].top].tiles
    config = TINY if TINY.tile in tiles else TINY.model_copy(update={"tile": tiles[0]})
    design = without_initial_values(emission(BENCHES[bench].top, config))
    findings = run_bench(Task(bench=bench, config=config), simulator, design)
    assert_no_differences(findings, BENCHES[bench].cycles)


def test_initial_values_of_memories_stay() -> None:
    before = emission("tile", TINY).verilog
    after = without_initial_values(emission("tile", TINY)).verilog
    assert before.count("lane0[0] = 8'h00;") == after.count("lane0[0] = 8'h00;") == 1
    assert "  initial fresh0 = 1'h1;" in before
    assert "initial fresh0" not in after
    assert "  reg fresh0;" in after or "  reg fresh0 ;" in after
