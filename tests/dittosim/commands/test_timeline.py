import json
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import dittosim.timelines.watching
from dittosim.timelines.watching import on_sim
from golden.accelerator.counters import KINDS
from golden.workload.workload import Workload, load_workload
from tb.harness.simulators import Simulator
from tb.harness.task import Findings
from tb.stimuli.sampling_job import SamplingJob
from tests.helpers.command_line import Cli
from tests.helpers.emissions import emission
from tests.helpers.tiny_digits import save_tiny_digits


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_digits(tmp_path_factory.mktemp("workloads") / "tiny")


def complete_events(folder: str) -> list[dict[str, Any]]:
    """Those of a trace, each of which lasts, none overlapping another one of its thread."""
    trace = json.loads(Path(folder, "timeline.json").read_text())
    assert trace["otherData"]["unit of ts and dur"] == "1 us is one cycle"
    found = [event for event in trace["traceEvents"] if event["ph"] != "M"]
    threads = defaultdict(list)
    for event in found:
        assert event["ph"] == "X"
        assert event["ts"] >= 0
        assert event["dur"] >= 0
        threads[event["pid"], event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
    for spans in threads.values():
        for (_, end), (begin, _) in pairwise(sorted(spans)):
            assert end <= begin
    return found


@pytest.mark.parametrize("flow", ["original", "temporal", "spatial", "defo", "defo+"])
def test_events_are_of_the_graph_and_add_up_to_the_counters(
    cli: Cli, tiny: Path, flow: str
) -> None:
    arguments = ("-c", "tiny", "--flow", flow, "--step", "1-2", "-o", "out")
    outcome = cli("timeline", tiny, *arguments)
    assert (outcome.code, outcome.err) == (0, "")
    assert Path("out/timeline.png").read_bytes().startswith(b"\x89PNG")
    events = complete_events("out")
    nodes = {node.name for node in load_workload(str(tiny)).description.graph.nodes}
    assert {event["name"] for event in events if event["cat"] != "steps"} <= nodes
    cli("sample", tiny, "--on", "sim", "-c", "tiny", "--flow", flow, "--images", 1, "-o", "drawn")
    drawn = json.loads(Path("drawn/sample.json").read_text())["machine"]
    (cycles,) = drawn["cycles_by_step"]
    steps = [event["dur"] for event in events if event["cat"] == "steps"]
    assert steps == cycles[1:]
    assert f"{sum(steps):,} cycles" in " ".join(outcome.out.split())
    modes = {event["args"].get("mode") for event in events if event["cat"] == "array"}
    assert modes <= {"act", "temporal", "spatial"}
    choices = [event for event in events if event["cat"] == "queue" and event["tid"] == 2]
    assert bool(choices) == flow.startswith("defo")
    assert all(event["args"]["mode"] for event in choices)


def test_bytes_add_up(cli: Cli, tiny: Path) -> None:
    cli("timeline", tiny, "-c", "tiny", "--step", 1, "-o", "out")
    outcome = cli("compile", tiny, "-c", "tiny", "--flow", "temporal", "--step", 1, "--json", "-")
    entries = json.loads(outcome.out)["queues"]["odd"]["entries"]
    moved = [event["args"] for event in complete_events("out") if "bytes" in event["args"]]
    wanted = {kind: sum(entry["bytes"][kind] for entry in entries) for kind in KINDS}
    assert sum(one["bytes"] for one in moved) == sum(wanted.values())
    nodes = {entry["name"]: sum(entry["bytes"].values()) for entry in entries}
    by_layer: dict[str, int] = defaultdict(int)
    for one in moved:
        by_layer[one["layer"]] += one["bytes"]
    # The listing counts what the output stage moves for its product.
    assert set(by_layer) == set(nodes)


def test_a_part_in_the_picture(cli: Cli, tiny: Path) -> None:
    common = ("timeline", tiny, "-c", "tiny")
    assert cli(*common, "-o", "whole").code == 0
    assert cli(*common, "--first-cycle", 1000, "--cycles", 500, "-o", "part").code == 0
    traces = [Path(name, "timeline.json").read_bytes() for name in ("whole", "part")]
    pictures = [Path(name, "timeline.png").read_bytes() for name in ("whole", "part")]
    assert traces[0] == traces[1]
    assert pictures[0] != pictures[1]


def test_products_alone(cli: Cli, tiny: Path) -> None:
    assert cli("timeline", tiny, "-c", "tiny", "--products", "-o", "out").code == 0
    events = complete_events("out")
    assert {event["name"] for event in events if event["cat"] != "steps"} <= set(
        load_workload(str(tiny)).layers()
    )
    outcome = cli("compile", tiny, "-c", "tiny", "--products", "--json", "-")
    layers = json.loads(outcome.out)["layers"]
    passes = sum(event["dur"] for event in events if event["cat"] == "array")
    assert passes == sum(layer["causes"]["compute"] for layer in layers)


def test_the_verilog_does_the_same(cli: Cli, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tb.runner.emit", emission)
    common = ("timeline", tiny, "-c", "tiny", "--flow", "defo", "--step", "0-1")
    assert cli(*common, "-o", "sim").code == 0
    outcome = cli(*common, "--on", "verilog", "-o", "verilog")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[-1].startswith("every interval of every step")
    assert complete_events("verilog") == complete_events("sim")


def test_a_difference_is_exit_code_1(cli: Cli, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(job: SamplingJob, workload: Workload, _: Simulator) -> tuple[list, Findings]:
        step, *others = on_sim(job, workload)
        units = [replace(step.units[0], last=step.units[0].last + 1), *step.units[1:]]
        return [replace(step, units=units), *others], Findings()

    monkeypatch.setattr(dittosim.timelines.watching, "on_verilog", late)
    outcome = cli("timeline", tiny, "-c", "tiny", "--on", "verilog", "--step", 0, "-o", "out")
    assert outcome.code == 1
    assert outcome.out.splitlines()[-1].startswith("step 0, stem:output: seen Busy(")
    assert Path("out/timeline.png").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--flow", "float"], ["--flow float", "machines compute in integers"]),
        (["--step", "2-1"], ["--step 2-1", "1-2"]),
        (["--step", "x"], ["--step x", "0-2"]),
        (["--step", "1-3"], ["--step 3", "the last is 2"]),
        (["--simulator", "icarus"], ["--on verilog"]),
        (["--products", "--flow", "defo"], ["--products", "modes differ"]),
        (["--products", "--step", "0-1"], ["--products is of one step"]),
        (["--first-cycle", "100000000"], ["--first-cycle 100,000,000: the last cycle is"]),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    cli: Cli, tiny: Path, options: list[str], words: list[str]
) -> None:
    cli("timeline", tiny, "-c", "tiny", *options, "-o", "out").refused(*words)
    assert not [*Path().glob("out/*")]
