"""``dittosim energy``, and what ``simulate --energy`` makes of its table."""

import json
from pathlib import Path

import pytest

from dittosim.energy.cost import DRAM, component_group
from dittosim.energy.table import SHIPPED, load_energies, table_text
from dittosim.machines import machine_row
from dittosim.report.toml_lines import machine_toml
from golden.machine.config import load_config
from golden.machine.dram import DramConfig
from tests.helpers.command_line import Cli
from tests.helpers.tools import needs_opensta, needs_osu018, needs_yosys

RUN = ("simulate", "digits-unet", "--steps", 2, "--flow", "temporal", "--energy", SHIPPED)


def test_energy_of_a_run(cli: Cli) -> None:
    """Parts, causes and steps are three ways to one sum; nodes miss the last cycle of each step."""
    outcome = cli(*RUN, "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    whole = json.loads(outcome.out)
    found, energy = whole["flows"]["temporal"], whole["energy"]
    flow = energy["flows"]["temporal"]
    total = sum(flow["components_pj"].values())
    assert sum(flow["causes_pj"].values()) == pytest.approx(total)
    assert sum(flow["steps_pj"]) == pytest.approx(total)
    moved = sum(found["total"]["bytes"].values())
    assert energy["dram_pj_bit"] == {"read": 8.0, "write": 8.0}
    assert flow["components_pj"][DRAM] == moved * 8 * 8.0
    assert flow["of_no_node_pj"] == 0
    table = load_energies(SHIPPED)
    leakage_uw = table.logic_leakage_uw + table.macros_leakage_uw
    cycle = sum(module.idle_pj for module in table.modules) + leakage_uw * table.clock_ns * 1e-3
    assert sum(flow["nodes_pj"].values()) + 2 * cycle == pytest.approx(total)
    leakage = flow["components_pj"]["leakage of memories"]
    seconds = found["total"]["cycles"] * table.clock_ns * 1e-9
    assert leakage == pytest.approx(table.macros_leakage_uw * 1e-6 * seconds * 1e12)
    assert energy["table_source"] == table.source
    # The first step is ACT, the second takes differences.
    assert flow["causes_pj"]["slots act"] > 0 < flow["causes_pj"]["slots temporal"]


def test_energy_on_ddr4(cli: Cli) -> None:
    """Nodes have their bytes; what the DRAM does besides is a step's own."""
    machine = load_config("small").model_copy(update={"dram": DramConfig(standard="ddr4-2400")})
    Path("ddr4.toml").write_text(machine_toml(machine_row(machine)))
    outcome = cli(*RUN, "--config", "ddr4.toml", "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    whole = json.loads(outcome.out)
    found, energy = whole["flows"]["temporal"], whole["energy"]
    flow = energy["flows"]["temporal"]
    total = sum(flow["components_pj"].values())
    assert (energy["dram"], energy["clock_ns"]) == ("ddr4-2400", 1.0)
    for parts in (flow["causes_pj"].values(), flow["steps_pj"]):
        assert sum(parts) == pytest.approx(total)
    assert sum(term["pj"] for term in flow["terms"]) == pytest.approx(total)
    table = load_energies(SHIPPED)
    leakage_uw = table.logic_leakage_uw + table.macros_leakage_uw
    cycle = sum(module.idle_pj for module in table.modules) + leakage_uw * 1e-3
    nodes = sum(flow["nodes_pj"].values())
    assert nodes + flow["of_no_node_pj"] + 2 * cycle == pytest.approx(total)
    causes = flow["causes_pj"]
    assert causes["DRAM, standby"] == pytest.approx(412.8 * found["total"]["cycles"])
    assert causes["DRAM, refreshes"] == pytest.approx(692_737.92 * found["dram"]["refreshes"])
    assert causes["DRAM, activations"] == pytest.approx(3450.144 * found["dram"]["activations"])
    cli(*RUN, "--config", "ddr4.toml", "--clock", 2).refused("--clock 2", "clock_ps = 1000")


def test_every_term_says_where_it_comes_from(cli: Cli) -> None:
    """Terms are a fourth way to the sum; nodes are not mixed without a word."""

    def of(*arguments: object) -> dict[tuple[str, str], dict[str, object]]:
        energy = json.loads(cli(*RUN, *arguments, "--json", "-").out)["energy"]
        flow = energy["flows"]["temporal"]
        terms = flow["terms"]
        assert sum(one["pj"] for one in terms) == pytest.approx(sum(flow["causes_pj"].values()))
        for part in {one["part"] for one in terms}:
            rows = flow["components_pj"].items()
            own = sum(each for name, each in rows if component_group(name) == part)
            assert sum(one["pj"] for one in terms if one["part"] == part) == pytest.approx(own)
        return {(one["part"], one["cause"]): one for one in terms}

    found = of("--dram", "hbm2")
    expected = {
        ("columns of PEs", "slots temporal"): ("measured", "NangateOpenCellLibrary"),
        ("vector unit", "cycles, at rest"): ("measured", "NangateOpenCellLibrary"),
        ("leakage of logic", "cycles, leakage"): ("measured", "NangateOpenCellLibrary"),
        ("on-chip memories", "words inputs"): ("sourced", "CACTI 7, 45 nm"),
        ("leakage of memories", "cycles, leakage"): ("sourced", "CACTI 7, 45 nm"),
        (DRAM, "bytes, weights"): ("sourced", "hbm2, a bit: hwcomponents-cacti; of its own node"),
    }
    for key, (provenance, words) in expected.items():
        assert found[key]["provenance"] == provenance
        assert words in str(found[key]["source"])
    assert {one["provenance"] for one in found.values()} == {"measured", "sourced"}
    slower = of("--clock", 2)["leakage of memories", "cycles, leakage"]
    assert slower["provenance"] == "assumed"
    assert "a clock of 2 ns" in str(slower["source"])
    # A table that does not say where its memories are from.
    table = load_energies(SHIPPED).model_copy(update={"source": "by hand"})
    Path("own.toml").write_text(table_text(table))
    own = of("--energy", "own.toml")["on-chip memories", "words inputs"]
    assert (own["provenance"], "no source" in str(own["source"])) == ("assumed", True)


def test_clock_and_dram(cli: Cli) -> None:
    slow = json.loads(cli(*RUN, "--clock", 100, "--dram", "hbm3", "--json", "-").out)["energy"]
    fast = json.loads(cli(*RUN, "--clock", 1, "--dram", "ddr3", "--json", "-").out)["energy"]
    parts, others = (one["flows"]["temporal"]["components_pj"] for one in (slow, fast))
    assert parts["leakage of logic"] == pytest.approx(100 * others["leakage of logic"])
    assert parts[DRAM] / others[DRAM] == pytest.approx(4.05 / 70)
    assert parts["pe"] == others["pe"]


def test_tables(cli: Cli) -> None:
    outcome = cli(*RUN)
    assert (outcome.code, outcome.err) == (0, "")
    assert max(map(len, outcome.out.splitlines())) <= 80
    for words in (
        "energy by part",
        "energy by cause",
        "energy by node",
        "on-chip memories",
        "energy by term",
        "measured: our modules at work",
    ):
        assert words in outcome.out


def test_what_simulate_refuses(cli: Cli) -> None:
    def refused(*words: str, arguments: tuple[object, ...]) -> None:
        cli("simulate", "digits-unet", "--steps", 1, *arguments).refused(*words)

    refused(
        "another machine",
        "dittosim energy -c CONFIG",
        arguments=("-c", "tiny", "--energy", SHIPPED),
    )
    refused("--energy is of whole steps", arguments=("--scope", "tiles", "--energy", SHIPPED))
    refused("missing.toml", arguments=("--energy", "missing.toml"))
    refused("--clock and --dram are of --energy", arguments=("--dram", "hbm2"))
    refused("--clock and --dram are of --energy", arguments=("--clock", 2))
    Path("cut.toml").write_text(table_text(load_energies(SHIPPED))[:900])
    refused("cut.toml", arguments=("--energy", "cut.toml"))


def test_what_is_refused(cli: Cli) -> None:
    Path("there.toml").write_text("mine")
    cli("energy", "-o", "there.toml").refused("there.toml")
    assert Path("there.toml").read_text() == "mine"
    cli("energy", "-o", "a.toml", "-c", "none").refused("none")
    cli("energy", "nowhere", "-o", "a.toml", "--liberty", "none.lib").refused("none.lib")
    assert not Path("a.toml").exists()


@needs_yosys
@needs_opensta
@needs_osu018
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_tiny_is_measured(cli: Cli) -> None:
    """Every register follows its netlist, every event is the simulator's, layers are predicted."""
    outcome = cli("energy", "-c", "tiny", "-o", "tiny.toml", "--json", "found.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert load_energies("tiny.toml").configuration == "tiny"
    found = json.loads(Path("found.json").read_text())
    assert len(found["checks"]) == 6
    assert all(abs(one["error"]) < 0.05 for one in found["checks"])
    options = ("-c", "tiny", "--steps", 1, "--energy", "tiny.toml", "--json", "-")
    figures = json.loads(cli("simulate", "digits-unet", *options).out)
    assert figures["energy"]["flows"]["original"]["components_pj"]["pe"] > 0
