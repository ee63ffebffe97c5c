import json
from pathlib import Path

from golden.accelerator.counters import CAUSES
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.trace import TraceWriter
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation, simulate
from tests.helpers.command_line import Cli


def test_figures_are_those_of_the_library(cli: Cli) -> None:
    outcome = cli("simulate", "digits-unet", "-c", "tiny", "--steps", 2, "--seed", 3, "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    simulation = Simulation(load_config("tiny"), list(Mode))
    simulate(load_workload("digits-unet"), simulation, steps=2, seed=3)
    assert figures["steps"] == 2
    assert figures["configuration_hash"] == load_config("tiny").digest()
    assert set(figures["modes"]) == {mode.value for mode in Mode}
    for mode in Mode:
        found, expected = figures["modes"][mode.value], simulation.total(mode)
        total = found["total"]
        assert total["cycles"] == expected.cycles == sum(total["causes"].values())
        assert (total["bound"], total["dense"]) == (expected.bound, expected.dense)
        for layer, entry in found["layers"].items():
            steps = [simulation.cycles[mode, layer, step].cycles for step in range(2)]
            assert entry["cycles_per_step"] == steps
            assert entry["cycles"] == sum(steps)


def test_tables_are_whole_at_80_columns(cli: Cli) -> None:
    out = cli("simulate", "digits-unet", "--steps", 1).out
    assert "\N{HORIZONTAL ELLIPSIS}" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert "decoder.conv0" in out


def test_one_mode(cli: Cli) -> None:
    outcome = cli("simulate", "digits-unet", "--steps", 1, "--mode", "spatial", "--json", "-")
    assert list(json.loads(outcome.out)["modes"]) == ["spatial"]


def test_memory(cli: Cli) -> None:
    arguments = ("simulate", "digits-dit", "--steps", 1, "--mode", "act", "--json", "-")
    tiles = json.loads(cli(*arguments).out)["modes"]["act"]["total"]
    whole = json.loads(cli(*arguments, "--memory").out)["modes"]["act"]["total"]
    assert "compute" in whole["causes"]
    assert set(whole["causes"]) <= set(CAUSES)
    assert sum(whole["causes"].values()) == whole["cycles"] > tiles["bound"] == whole["bound"]


def test_steps_of_a_trace_are_its_first(cli: Cli) -> None:
    """Not a run of as many steps, which is what --steps means for a workload."""
    Path("trace").mkdir()
    writer = TraceWriter(Path("trace"), 3)
    model = load_workload("digits-unet")
    model.sample(Mode.ACT, model.noise(1, 0), 3, writer.observe)
    writer.finish("digits-unet", images=1, seed=0)
    options = ("-c", "tiny", "--mode", "temporal")
    for steps, words in ((2, "cycles of the first 2 of 3 steps"), (3, "cycles of 3 steps")):
        outcome = cli("simulate", "trace", *options, "--steps", steps)
        assert words in " ".join(outcome.out.split())
