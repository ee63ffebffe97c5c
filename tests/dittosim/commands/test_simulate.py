import json
from pathlib import Path

import pytest

from golden.accelerator.counters import CAUSES, KINDS
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.workload.trace import TraceWriter
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation, simulate
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import save_tiny_digits


def test_figures_are_those_of_the_library(cli: Cli) -> None:
    options = ("--scope", "tiles", "--steps", 2, "--seed", 3, "--json", "-")
    outcome = cli("simulate", "digits-unet", "-c", "tiny", *options)
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    simulation = Simulation(load_config("tiny"), list(Mode))
    simulate(load_workload("digits-unet"), simulation, steps=2, seed=3)
    assert (figures["steps"], figures["scope"]) == (2, "tiles")
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


@pytest.mark.parametrize("scope", ["steps", "tiles"])
def test_tables_are_whole_at_80_columns(cli: Cli, scope: str) -> None:
    out = cli("simulate", "digits-unet", "--steps", 1, "--scope", scope).out
    assert "\N{HORIZONTAL ELLIPSIS}" not in out
    assert max(map(len, out.splitlines())) <= 80
    assert "decoder.conv0" in out


def test_one_mode(cli: Cli) -> None:
    options = ("--scope", "tiles", "--steps", 1, "--mode", "spatial", "--json", "-")
    outcome = cli("simulate", "digits-unet", *options)
    assert list(json.loads(outcome.out)["modes"]) == ["spatial"]


def test_layers_alone(cli: Cli) -> None:
    arguments = ("simulate", "digits-dit", "--steps", 1, "--mode", "act", "--json", "-")
    tiles = json.loads(cli(*arguments, "--scope", "tiles").out)["modes"]["act"]["total"]
    whole = json.loads(cli(*arguments, "--scope", "layers").out)["modes"]["act"]["total"]
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
        assert outcome.out.splitlines()[0].startswith(
            "trace is a trace, layers without a graph between them: the tiles alone"
        )
    assert cli("simulate", "trace", *options, "--scope", "layers").code == 0
    outcome = cli("simulate", "trace", "--scope", "steps")
    outcome.refused("--scope steps: trace is a trace", "--scope layers or tiles")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_digits(tmp_path_factory.mktemp("workloads") / "tiny")


def test_whole_steps_are_what_sampling_counts(cli: Cli, tiny: Path) -> None:
    flows = ("original", "temporal", "spatial", "defo", "defo+")
    options = [word for flow in flows for word in ("--flow", flow)]
    outcome = cli("simulate", tiny, "-c", "tiny", *options, "--images", 2, "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    found = json.loads(outcome.out)
    assert (found["scope"], found["steps"], found["images"]) == ("steps", 3, 2)
    assert list(found["flows"]) == list(flows)
    nodes = {node.name for node in load_workload(str(tiny)).description.graph.nodes}
    for flow, figures in found["flows"].items():
        common = ("--flow", flow, "--images", 2, "--on", "sim", "-c", "tiny")
        assert cli("sample", tiny, *common, "-o", flow).code == 0
        drawn = json.loads(Path(flow, "sample.json").read_text())["machine"]
        by_step = [sum(steps) for steps in zip(*drawn["cycles_by_step"], strict=True)]
        assert figures["cycles_per_step"] == by_step
        assert sum(figures["bytes_per_step"]) == sum(drawn["bytes"])
        total = figures["total"]
        assert sum(by_step) == total["cycles"] == sum(total["causes"].values())
        assert sum(figures["bytes_per_step"]) == sum(total["bytes"].values())
        assert set(total["bytes"]) == set(KINDS)
        assert set(figures["nodes"]) <= nodes
        # The last cycle of each queue is no node's.
        of_nodes = sum(node["cycles"] for node in figures["nodes"].values())
        assert of_nodes == total["cycles"] - 2 * 3
        for node in figures["nodes"].values():
            assert sum(node["cycles_per_step"]) == node["cycles"]
            assert "modes" not in node or flow.startswith("defo")
    modes = found["flows"]["defo"]["nodes"]["stem"]["modes"]
    assert modes[:2] == ["act", "temporal"]


def test_flows_if_none_is_asked_for(cli: Cli, tiny: Path) -> None:
    outcome = cli("simulate", tiny, "-c", "tiny")
    lines = [line.split() for line in outcome.out.splitlines()]
    rows = [line for line in lines if line and line[0] in ("original", "temporal", "defo")]
    flows, (_, *numbers) = [row[0] for row in rows], rows[0]
    assert flows[:3] == ["original", "temporal", "defo"]
    assert numbers[-1] == "1.00"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--mode", "act"], ["--mode act is of layers on their own", "--scope"]),
        (["--scope", "tiles", "--flow", "defo"], ["--flow defo is of whole steps", "--mode"]),
        (["--flow", "float"], ["machines compute in integers"]),
    ],
)
def test_options_of_other_scopes(
    cli: Cli, tiny: Path, options: list[str], words: list[str]
) -> None:
    cli("simulate", tiny, "-c", "tiny", *options).refused(*words)


def test_a_machine_too_small_for_whole_steps(cli: Cli) -> None:
    Path("my.toml").write_text("vector_channels = 32")
    outcome = cli("simulate", "digits-unet", "-c", "my.toml")
    outcome.refused("all fits with vector_channels = 64", "--scope layers and --scope tiles")
