import json

from dittosim.timelines.trace_events import STEPS, trace_events
from sim.run.activity import Unit
from tests.helpers.watched_steps import watched_steps


def test_processes_are_engines_and_threads_units() -> None:
    trace = json.loads(trace_events(watched_steps(2, 3, 50), {"flow": "defo"}))
    assert trace["otherData"] == {"unit of ts and dur": "1 us is one cycle", "flow": "defo"}
    events = trace["traceEvents"]
    processes = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    threads = {
        (e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"
    }
    assert list(processes.values()) == [STEPS, *dict.fromkeys(unit.engine for unit in Unit)]
    named = {(processes[pid], name) for (pid, _), name in threads.items()}
    assert named == {(STEPS, STEPS), *((unit.engine, unit.label) for unit in Unit)}
    assert all((e["pid"], e["tid"]) in threads for e in events if e["ph"] == "X")


def test_steps_follow_each_other() -> None:
    steps = watched_steps(2, 3, 50)
    trace = json.loads(trace_events(steps, {}))
    complete = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    whole = [event for event in complete if event["cat"] == STEPS]
    assert [(event["ts"], event["dur"]) for event in whole] == [(1, 152), (153, 152)]
    reads = [event for event in complete if event["cat"] == "memory reads"]
    assert [event["ts"] for event in reads] == [2, 52, 102, 154, 204, 254]
    assert reads[3] == {
        **reads[0],
        "ts": 154,
        "args": {**reads[0]["args"], "step": "step 1", "asked": 153, "done": 202},
    }
    assert reads[0]["args"] == {
        "layer": "block0.attention.project",
        "step": "step 0",
        "cycles": 2,
        "mode": "act",
        "bytes": 64,
        "asked": 1,
        "done": 50,
    }
