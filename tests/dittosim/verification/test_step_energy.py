"""Energy of a run on the Verilog, by the Verilog's own counts, and of its prediction."""

import json
from pathlib import Path

import pytest

from dittosim.energy.events import EVENTS, simulated_events
from dittosim.energy.table import SHIPPED, load_energies, table_text
from dittosim.verification import step_energy
from golden.machine.config import load_config
from tests.helpers.command_line import Cli
from tests.helpers.emissions import emission
from tests.helpers.tiny_digits import save_tiny_digits

MET = (
    *("slots act", "slots temporal", "beats temporal", "rows temporal", "words weights"),
    *("words previous", "words references", "words output", "vector compute"),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    """Of a table of tiny, whose figures are those of another machine: counts are what matters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tb.runner.emit", emission)
    save_tiny_digits(Path("digits"))
    table = load_energies(SHIPPED).model_copy(update={"machine": load_config("tiny")})
    Path("tiny.toml").write_text(table_text(table))
    common = ("verify", "sampling", "--workload", "digits", "-c", "tiny", "--energy", "tiny.toml")
    return (*common, "--steps", 2)


@pytest.mark.long
def test_counts_and_energy_are_those_of_the_prediction(
    cli: Cli, run: tuple[object, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of simulate --energy; and a count that is one off is told."""
    outcome = cli(*run, "--json", "a.json")
    assert (outcome.code, outcome.err) == (0, ""), outcome.out
    (found,) = json.loads(Path("a.json").read_text())["runs"]
    assert found["value_differences"] == 0
    met = dict.fromkeys(EVENTS, 0)
    for step in found["energy"]:
        assert step["events_verilog"] == step["events_sim"]
        assert step["verilog_pj"] == step["sim_pj"] > 0
        met = {name: met[name] + step["events_verilog"][name] for name in EVENTS}
    assert all(met[name] > 0 for name in MET)
    options = ("-c", "tiny", "--steps", 2, "--flow", "temporal", "--energy", "tiny.toml")
    figures = json.loads(cli("simulate", "digits", *options, "--json", "-").out)
    predicted = figures["energy"]["flows"]["temporal"]["steps_pj"]
    assert [step["verilog_pj"] for step in found["energy"]] == pytest.approx(predicted)

    def one_more(*arguments: object) -> dict[str, int]:
        events = simulated_events(*arguments)
        return {**events, "rows temporal": events["rows temporal"] + 1}

    monkeypatch.setattr(step_energy, "simulated_events", one_more)
    outcome = cli(*run)
    assert outcome.code == 1
    told = " ".join(outcome.out.split())
    assert "step 0: the Verilog counts 0 rows temporal, the simulator 1" in told


def test_what_is_refused(cli: Cli, run: tuple[object, ...]) -> None:
    cli(*run, "--simulator", "icarus").refused("--energy", "verilator alone")
    cli(*run, "--energy", SHIPPED).refused("another machine", "dittosim energy -c CONFIG")
    cli(*run, "--energy", "none.toml").refused("none.toml")
    cli("verify", "pe", "--energy", SHIPPED).refused("--energy", "bench sampling with --workload")
