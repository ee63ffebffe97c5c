import json
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import tb.runner
from dittosim.flows import FlowName
from dittosim.verification.benches import tasks_of
from dittosim.verification.layers import LayerPoint
from dittosim.verification.sampling import SamplingCheck, SamplingPoint
from dittosim.verification.workloads import WorkloadCheck
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from rtl.emission.emit import Emission, emit
from tb.faults.tile import FAULTS
from tb.harness.task import Findings, Task
from tb.runner import BENCHES
from tests.helpers.command_line import Cli
from tests.helpers.emissions import emission
from tests.helpers.simulators import needs_icarus

MACHINE = "docs-of-mine/two-by-two.toml"


def test_no_differences(cli: Cli) -> None:
    outcome = cli("verify", "pe", "-c", "tiny", "--json", "-")
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads(outcome.out)
    assert figures["differences"] == 0
    assert [(bench["bench"], bench["stalls"]) for bench in figures["benches"]] == [
        ("pe", False),
        ("pe", True),
    ]
    for bench in figures["benches"]:
        assert bench["coverage"]["reset"] == {"early": 1, "anywhere": 1, "late": 1}
        assert bench["values"] > 0
        assert bench["cycles_rtl"] == bench["cycles_sim"] > 0


def test_difference_is_exit_code_1(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (fault,) = (f for f in FAULTS if f.name == "lane left out of the sum")

    def faulty(*arguments: Any) -> Emission:
        design = emit(*arguments)
        return replace(design, verilog=fault.inject(design.verilog, fault.module))

    monkeypatch.setattr(tb.runner, "emit", faulty)
    outcome = cli("verify", "pe", "-c", "tiny", "--json", "found.json")
    assert outcome.code == 1
    assert "pe: row value " in outcome.out
    assert json.loads(Path("found.json").read_text())["differences"] > 0


@pytest.mark.parametrize(
    ("simulator", "waveform"),
    [("verilator", "dump.vcd"), pytest.param("icarus", "ditto_pe.fst", marks=needs_icarus)],
)
def test_waves(cli: Cli, simulator: str, waveform: str) -> None:
    assert cli("verify", "pe", "-c", "tiny", "--simulator", simulator, "--waves").code == 0
    for bench in ("pe", "pe-stalls"):
        assert Path("waves", bench, waveform).stat().st_size > 10_000
        assert Path("waves", bench, "pe.log").exists()
        layout = Path("waves", bench, "pe.gtkw").read_text()
        assert layout.splitlines()[0] == f'[dumpfile] "{Path("waves", bench, waveform).absolute()}"'
        if waveform.endswith(".vcd"):
            assert shown_signals(layout) <= signals_of(Path("waves", bench, waveform))


def signals_of(waveform: Path) -> set[str]:
    """Paths of all signals in a VCD file."""
    scopes: list[str] = []
    found = set()
    with waveform.open() as lines:
        for line in lines:
            match line.split():
                case ["$scope", _, name, *_]:
                    scopes.append(name)
                case ["$upscope", *_]:
                    scopes.pop()
                case ["$var", _, _, _, *name, "$end"]:
                    found.add(".".join([*scopes, "".join(name)]))
                case ["$enddefinitions", *_]:
                    return found
    pytest.fail("a VCD file without a header")


def shown_signals(layout: str) -> set[str]:
    """Paths of the signals that a layout shows."""
    found = {line for line in layout.splitlines() if line and line[0] not in "[@-"}
    assert found
    return found


def test_waves_folder_in_the_way(cli: Cli) -> None:
    Path("waves").touch()
    cli("verify", "pe", "-c", "tiny", "--waves").refused("waves", "File exists")


@pytest.mark.parametrize(
    ("simulator", "words"),
    [("verilator", ["g++", "apt-get install"]), ("icarus", ["Icarus", "apt-get install iverilog"])],
)
def test_missing_tools(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, simulator: str, words: list[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    cli("verify", "pe", "-c", "tiny", "--simulator", simulator).refused(*words)


def test_workload_runs_on_the_accelerator_alone(cli: Cli) -> None:
    cli("verify", "pe", "--workload", "digits-dit").refused("bench accelerator alone")
    cli("verify", "--workload", "nothing").refused("no workload 'nothing'")


def test_workloads_on_machines_are_one_table(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the Verilog, on which test_tb_benches.py runs all workloads."""

    def check(workload: str, config: str, mode: Mode, *_: object) -> WorkloadCheck:
        assert (workload, config) in product(("digits-dit", "digits-unet-s50"), ("small", MACHINE))
        wrong = mode is Mode.SPATIAL and config == MACHINE and workload == "digits-dit"
        found = Findings(values=10**7, value_differences=wrong, cycles_rtl=10**7, cycles_sim=10**7)
        return WorkloadCheck(42, found.model_copy(update={"first_difference": "a sum" * wrong}))

    monkeypatch.setattr("dittosim.verification.workloads.check_workload", check)
    Path(MACHINE).parent.mkdir()
    Path(MACHINE).write_text("columns = 8")
    workloads = ("--workload", "digits-unet-s50", "--workload", "digits-dit")
    machines = ("-c", "small", "-c", MACHINE)
    outcome = cli("verify", "accelerator", *workloads, *machines, "--json", "found.json")
    assert (outcome.code, outcome.err) == (1, "")
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
    rows = [f"{name} {mode}" for name in ("digits-unet-s50", "digits-dit") for mode in Mode]
    names = [" ".join(line.split()[:2]) for line in lines]
    assert [name for name in names if name in (*rows, "small", MACHINE)] == [
        *("small", *rows),
        *(MACHINE, *rows),
    ]
    numbers = ["42", *3 * ["10,000,000"], "0"]
    assert lines[names.index("digits-dit act")].split()[2:] == numbers
    assert f"{MACHINE}, digits-dit spatial: a sum" in lines
    figures = json.loads(Path("found.json").read_text())
    assert figures["differences"] == 1
    assert list(figures["configurations"]) == ["small", MACHINE]
    assert [one["value_differences"] for one in figures["workloads"]].count(0) == 11


def test_step_of_a_workload(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def check(*arguments: object) -> WorkloadCheck:
        asked.append(arguments[-2:])
        return WorkloadCheck(1, Findings())

    monkeypatch.setattr("dittosim.verification.workloads.check_workload", check)
    arguments = ("verify", "--workload", "digits-dit", "-c", "tiny")
    for options, step, steps, words in (
        ([], 1, None, "step 1 of 50 (0 to 49)"),
        (["--step", 3, "--steps", 4], 3, 4, "step 3 of 4 (0 to 3)"),
    ):
        outcome = cli(*arguments, *options, "--json", "found.json")
        assert outcome.code == 0
        assert words in outcome.out.splitlines()[0]
        assert set(asked) == {(step, steps)}
        asked.clear()
        for found in json.loads(Path("found.json").read_text())["workloads"]:
            assert (found["step"], found["steps"]) == (step, steps or 50)
        Path("found.json").unlink()
    cli(*arguments, "--step", 50).refused("--step 50", "the last is 49", "--steps")
    cli(*arguments, "--steps", 1).refused("--step 1", "the last is 0")
    cli("verify", "pe", "--step", 3).refused("--step and --steps are for --workload")
    assert asked == []


def test_steps_of_workloads_are_one_table(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the Verilog, on which test_checks.py draws."""
    asked = []

    def check(point: SamplingPoint, _: object) -> SamplingCheck:
        asked.append(point)
        wrong = point.config == "tiny" and point.flow is FlowName.SPATIAL
        found = Findings(values=10**7, value_differences=wrong, cycles_rtl=10**8, cycles_sim=10**8)
        text = "step 1: byte 0x40 of memory" * wrong
        return SamplingCheck(4, found.model_copy(update={"first_difference": text}))

    monkeypatch.setattr("dittosim.verification.sampling.check_sampling", check)
    options = ("--flow", "original", "--flow", "spatial", "--until", 3, "--json", "found.json")
    common = ("verify", "sampling", "--workload", "digits-dit-s50", "-c", "small", "-c", "tiny")
    outcome = cli(*common, *options)
    assert (outcome.code, outcome.err) == (1, "")
    assert [(p.config, p.flow, p.steps, p.last_step) for p in asked] == [
        (config, flow, 50, 3)
        for config in ("small", "tiny")
        for flow in (FlowName.ORIGINAL, FlowName.SPATIAL)
    ]
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "tiny, digits-dit-s50 spatial: step 1: byte 0x40 of memory" in lines
    figures = json.loads(Path("found.json").read_text())
    assert figures["differences"] == 1
    assert [run["value_differences"] for run in figures["runs"]] == [0, 0, 0, 1]
    assert {(run["until"], run["steps_run"]) for run in figures["runs"]} == {(3, 4)}


def test_steps_that_cannot_run_are_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "dittosim.verification.sampling.check_sampling", lambda *_: pytest.fail("nothing may run")
    )
    common = ("verify", "sampling", "--workload", "digits-dit", "-c", "tiny")
    cli(*common, "--until", 50).refused("--until 50", "the last is 49")
    cli(*common, "--flow", "float").refused("--flow float", "machines compute in integers")
    cli(*common, "--step", 1).refused("--step")
    cli("verify", "--workload", "digits-dit", "--flow", "temporal").refused("--flow and --until")
    cli("verify", "pe", "--until", 1).refused("--flow and --until")
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    cli(*common[:-1], "my.toml").refused("my.toml makes no accelerator")


def test_one_machine_for_benches(cli: Cli) -> None:
    cli("verify", "pe", "-c", "tiny", "-c", "small").refused("several --config")
    cli("verify", "--workload", "digits-dit", "--waves").refused("leave out --waves")


def test_benches_of_a_machine_that_makes_no_accelerator(
    cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    every = {task.bench for task in tasks_of([], "tiny", 0)}
    assert every == set(BENCHES) - {"dense-lanes"}
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    benches = {task.bench for task in tasks_of([], "my.toml", 0)}
    assert benches < set(BENCHES)
    assert "tile" in benches
    assert not any(name.startswith(("core", "accelerator")) for name in benches)
    assert "bus_bytes = 16" in capsys.readouterr().out
    cli("verify", "core", "-c", "my.toml").refused("bus_bytes = 16")


def test_the_bench_of_whole_steps_runs_where_whole_steps_do(
    cli: Cli, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("my.toml").write_text("columns = 12")
    benches = {task.bench for task in tasks_of([], "my.toml", 0)}
    whole_steps = {name for name, bench in BENCHES.items() if bench.whole_steps}
    assert set(BENCHES) - benches == whole_steps | {"dense-lanes"}
    assert whole_steps == {"board", "output", "overlap", "sampling", "sampling-slave"}
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("a machine that runs whole steps") == 1
    assert said.startswith("without output, overlap, sampling, sampling-slave, board: ")
    cli("verify", "sampling", "-c", "my.toml").refused(
        "bench sampling cannot run on my.toml: a machine that runs whole steps"
    )


def test_what_cannot_run_is_refused_before_anything_runs(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> Findings:
        raise AssertionError("nothing may run")

    monkeypatch.setattr("dittosim.verification.benches.run_bench", run)
    monkeypatch.setattr("dittosim.verification.workloads.check_workload", run)
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    outcome = cli("verify", "tile", "accelerator", "-c", "my.toml")
    outcome.refused("bench accelerator cannot run, my.toml makes no such design", "bus_bytes = 16")
    assert outcome.out == ""
    cli("verify", "--workload", "digits-dit", "-c", "tiny", "-c", "my.toml").refused(
        "my.toml makes no accelerator", "bus_bytes = 16"
    )


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_what_ran_is_printed_when_a_bench_does_not_finish(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, jobs: str
) -> None:
    monkeypatch.setattr("dittosim.verification.benches.run_bench", _second_of_three_crashes)
    monkeypatch.setattr("dittosim.verification.checks.require", lambda _: None)
    benches = ("multiplier", "pass-walk", "descriptor-check")
    outcome = cli("verify", *benches, "-c", "tiny", "-j", jobs, "--json", "found.json")
    assert outcome.code == 2
    names = [line.split()[0] for line in outcome.out.splitlines() if line.strip()]
    assert "multiplier" in names
    assert "descriptor-check" in names
    assert "pass-walk" not in names
    assert outcome.err.splitlines() == ["error: bench pass-walk on icarus did not finish: it fell"]
    assert not Path("found.json").exists()


def _second_of_three_crashes(task: Task, *_: object) -> Findings:
    if task.bench == "pass-walk":
        raise DittosimError("bench pass-walk on icarus did not finish: it fell")
    return Findings(values=5, coverage={"reset": {"early": 1, "late": 2}})


def test_layers_of_given_shapes(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the Verilog, the second of them unfolded."""
    monkeypatch.setattr("dittosim.verification.layers.emit", emission)
    layers = ("--layer", "20,10,3,4x5", "--layer", "3,9,3,5x5")
    modes = ("--mode", "temporal", "--mode", "act")
    outcome = cli("verify", "accelerator", *layers, *modes, "-c", "tiny", "--json", "found.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert "cycles per second" in outcome.out
    figures = json.loads(Path("found.json").read_text())
    assert figures["differences"] == 0
    assert [(one["layer"], one["mode"]) for one in figures["layers"]] == [
        (layer, mode) for layer in layers[1::2] for mode in modes[1::2]
    ]
    for one in figures["layers"]:
        assert one["cycles_rtl"] == one["cycles_sim"] > 0
        assert one["values"] > 0


def test_a_difference_in_a_layer(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(point: LayerPoint, *_: object) -> Findings:
        return Findings(values=9, value_differences=1, first_difference=f"{point.mode} row 3")

    monkeypatch.setattr("dittosim.verification.layers.check_layer", check)
    monkeypatch.setattr("dittosim.verification.layers.emit", lambda *_: None)
    outcome = cli("verify", "--layer", "20,10,3,4x5", "-c", "tiny")
    assert outcome.code == 1
    assert "tiny, 20,10,3,4x5 temporal: temporal row 3" in outcome.out


def test_layers_that_cannot_run_are_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "dittosim.verification.layers.emit", lambda *_: pytest.fail("nothing may run")
    )
    common = ("verify", "--layer", "20,10,3,4x5", "-c", "tiny")
    cli("verify", "pe", *common[1:]).refused("--layer runs on bench accelerator alone")
    for others in (["--waves"], ["--workload", "digits-dit"], ["--step", 0], ["--until", 1]):
        cli(*common, *others).refused("--layer goes with --mode")
    cli(*common, "--layer", "20,10,2,4x5").refused("kernel 2 must be odd")
    cli(*common, "--layer", "20,10,3,4x500").refused("accumulator_depth = 64")
    cli(*common, "--layer", "900,900,1,64x64").refused("bytes of memory on tiny")
    cli("verify", "pe", "--mode", "act").refused("--mode is for --layer")
    Path("my.toml").write_text("lanes = 3\nbeat_elements = 12")
    cli(*common, "-c", "my.toml").refused("my.toml makes no accelerator")


def test_benches_of_a_dense_tile(cli: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    Path("dense.toml").write_text('tile = "dense"')
    benches = {task.bench for task in tasks_of([], "dense.toml", 0)}
    assert set(BENCHES) - benches == {"encoder", "lane-fifo"}
    assert "without" not in capsys.readouterr().out
    cli("verify", "encoder", "-c", "dense.toml").refused("tile = dense: has no encoder")
