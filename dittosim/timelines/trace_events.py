"""A timeline as Chrome's trace events, which Perfetto and chrome://tracing open.

A process per engine, a thread per unit, a complete event for each time that a unit is busy. Times
are cycles: 1 us is one cycle, since the format knows no cycles. Steps follow each other without the
host's time between.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dittosim.timelines.activity import StepActivity
from sim.run.activity import Busy, Unit

STEPS = "steps"
"""Process, thread and category of the events that are no unit's, but whole steps"""
ENGINES = tuple(dict.fromkeys(unit.engine for unit in Unit))


def trace_events(steps: Sequence[StepActivity], about: Mapping[str, Any]) -> str:
    """The file's text, an event per line; ``about`` says what ran."""
    events = [*_names(), *_events(steps)]
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    other = json.dumps({"unit of ts and dur": "1 us is one cycle", **about})
    return f'{{"displayTimeUnit":"ns","otherData":{other},"traceEvents":[\n{lines}\n]}}\n'


def _names() -> Iterator[dict[str, Any]]:
    """Processes and threads by name, in order."""
    for pid, engine in enumerate((STEPS, *ENGINES)):
        yield _named("process", pid, 0, engine)
        yield {"ph": "M", "name": "process_sort_index", "pid": pid, "args": {"sort_index": pid}}
    yield _named("thread", 0, 0, STEPS)
    for tid, unit in enumerate(Unit, 1):
        pid = 1 + ENGINES.index(unit.engine)
        yield _named("thread", pid, tid, unit.label)
        sort = {"sort_index": tid}
        yield {"ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": sort}


def _named(what: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": f"{what}_name", "pid": pid, "tid": tid, "args": {"name": name}}


def _events(steps: Sequence[StepActivity]) -> Iterator[dict[str, Any]]:
    before = 0
    places = {unit: place for place, unit in enumerate(Unit, 1)}
    for step in steps:
        cycles = step.counters.cycles
        yield {
            "ph": "X",
            "name": step.title,
            "cat": STEPS,
            "pid": 0,
            "tid": 0,
            "ts": before + 1,
            "dur": cycles,
            "args": {"cycles": cycles, "queue": step.queue},
        }
        for busy in step.units:
            yield {
                "ph": "X",
                "name": step.layers[busy.layer].node,
                "cat": busy.unit.engine,
                "pid": 1 + ENGINES.index(busy.unit.engine),
                "tid": places[busy.unit],
                "ts": before + busy.first,
                "dur": busy.cycles,
                "args": _arguments(step, busy, before),
            }
        before += cycles


def _arguments(step: StepActivity, busy: Busy, before: int) -> dict[str, Any]:
    layer = step.layers[busy.layer]
    found: dict[str, Any] = {"layer": layer.name, "step": step.title, "cycles": busy.cycles}
    if layer.mode:
        found["mode"] = layer.mode.value
    if busy.does:
        found["does"] = busy.does
    if busy.unit.moves:
        times = {"asked": before + busy.asked, "done": before + busy.done}
        found |= {"bytes": busy.moved, **times}
    return found
