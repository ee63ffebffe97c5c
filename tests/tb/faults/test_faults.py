from functools import cache
from itertools import permutations

import pytest

from golden.errors import DittosimError
from golden.machine.config import load_config
from golden.machine.tile_kind import ENCODING_TILES, TileKind
from rtl.emission.emit import Emission
from tb.faults import accelerator, axi, defo, fpga, registers, resets, tile, vector
from tb.faults.choice import choosing, with_faults
from tb.faults.fault import Fault
from tb.harness.task import Findings, Task
from tb.runner import BENCHES, run_bench
from tests.helpers.emissions import emission

TINY = load_config("tiny")
FAULTS = (
    *tile.FAULTS,
    *axi.FAULTS,
    *registers.FAULTS,
    *accelerator.FAULTS,
    *defo.FAULTS,
    *vector.FAULTS,
    *fpga.FAULTS,
    *resets.FAULTS,
)
RUNS = {(f.bench, f.stalls, *f.changes.items()): f for f in reversed(FAULTS)}
"""A fault of each kind of run that finds any"""
LONG_BUILDS = ({"outstanding_reads": 16, "memory_latency": 100},)
"""Of a whole machine for one fault"""
LONG_WITHOUT_FAULTS = (
    "multiplier",
    "core",
    "accelerator-slave",
    "accelerator-errors",
    "board",
    "vector-errors",
    "output",
    "sampling",
    "sampling-slave",
)
"""Benches that others on the same build stand in for"""


def design_of(fault: Fault) -> tuple[str, tuple[tuple[str, int], ...]]:
    return BENCHES[fault.bench].top, tuple(fault.changes.items())


def faults_of(top: str, changes: tuple[tuple[str, int], ...]) -> list[Fault]:
    return [fault for fault in FAULTS if design_of(fault) == (top, changes)]


@cache
def faulty_emission(top: str, changes: tuple[tuple[str, int], ...]) -> Emission:
    design = emission(top, TINY.model_copy(update=dict(changes)))
    return with_faults(design, faults_of(top, changes))


def run_with(fault: Fault, *arguments: str) -> Findings:
    config = TINY.model_copy(update=dict(fault.changes))
    task = Task(bench=fault.bench, config=config, stalls=fault.stalls, one_difference=True)
    return run_bench(task, emission=faulty_emission(*design_of(fault)), arguments=arguments)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(f, id=f.name, marks=pytest.mark.long if f.changes in LONG_BUILDS else ())
        for f in FAULTS
    ],
)
def test_every_fault_is_found(fault: Fault) -> None:
    """A fault shows as a difference, as a device that never ends, or to its memory or driver."""
    try:
        findings = run_with(fault, choosing(fault, faults_of(*design_of(fault))))
    except DittosimError as error:
        shown = ("SimTimeoutError", "AssertionError", "DittosimError: the accelerator")
        assert any(what in str(error) for what in shown), error
        assert "never met" not in str(error)
    else:
        assert findings.differences > 0
        assert findings.first_difference


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            fault,
            id="-".join(map(str, run)),
            marks=pytest.mark.long if fault.bench in LONG_WITHOUT_FAULTS or fault.changes else (),
        )
        for run, fault in RUNS.items()
    ],
)
def test_nothing_is_found_where_no_fault_is_chosen(fault: Fault) -> None:
    findings = run_with(fault)
    assert findings.values > 0
    assert findings.differences == 0, findings.first_difference


def test_every_bench_has_a_fault_to_find() -> None:
    assert {fault.bench for fault in FAULTS} == set(BENCHES)


@pytest.mark.parametrize(("asked", "built"), list(permutations(ENCODING_TILES, 2)))
def test_a_tile_of_another_kind_is_noticed(asked: TileKind, built: TileKind) -> None:
    task = Task(bench="lane-fifo", config=TINY.model_copy(update={"tile": asked}))
    other = emission("lane-fifo", TINY.model_copy(update={"tile": built}))
    assert run_bench(task, emission=other).differences > 0


def test_a_fault_that_fits_nowhere_is_an_error() -> None:
    fault = Fault("none", "pe", "ditto_pe", "no such text", "")
    with pytest.raises(ValueError, match="matches 0 times"):
        with_faults(emission("pe", TINY), [fault])


@pytest.mark.parametrize("replacement", ["wire other;", r"assign other = 1'b1;"])
def test_what_no_choice_can_be_made_of_is_an_error(replacement: str) -> None:
    fault = Fault("none", "pe", "ditto_pe", r"assign i__ready = .*;", replacement)
    with pytest.raises(ValueError, match=r"not of the form of '  assign i__ready"):
        with_faults(emission("pe", TINY), [fault])
