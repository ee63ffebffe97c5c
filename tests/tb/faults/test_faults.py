import pytest

from golden.errors import DittosimError
from golden.machine.config import load_config
from tb.faults import accelerator, axi, defo, registers, resets, tile, vector
from tb.faults.fault import Fault
from tb.harness.task import Task
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
    *resets.FAULTS,
)
OF_WHOLE_MACHINES = ("core", "accelerator")
"""Tops that take long to build: but for the first fault of each module theirs are long tests"""


def is_long(fault: Fault) -> bool:
    if BENCHES[fault.bench].top not in OF_WHOLE_MACHINES:
        return False
    return fault is not next(one for one in FAULTS if one.module == fault.module)


@pytest.mark.parametrize(
    "fault",
    [pytest.param(f, marks=pytest.mark.long if is_long(f) else (), id=f.name) for f in FAULTS],
)
def test_every_fault_is_found(fault: Fault) -> None:
    """A fault shows as a difference, as a device that never ends, or to its memory or driver."""
    config = TINY.model_copy(update=dict(fault.changes))
    faulty = fault.inject(emission(BENCHES[fault.bench].top, config))
    task = Task(bench=fault.bench, config=config, stalls=fault.stalls)
    try:
        findings = run_bench(task, emission=faulty)
    except DittosimError as error:
        shown = ("SimTimeoutError", "AssertionError", "DittosimError: the accelerator")
        assert any(what in str(error) for what in shown), error
        assert "never met" not in str(error)
    else:
        assert findings.differences > 0
        assert findings.first_difference


def test_every_bench_has_a_fault_to_find() -> None:
    assert {fault.bench for fault in FAULTS} == set(BENCHES)


def test_a_fault_that_fits_nowhere_is_an_error() -> None:
    fault = Fault("none", "pe", "ditto_pe", "no such text", "")
    with pytest.raises(ValueError, match="matches 0 times"):
        fault.inject(emission("pe", TINY))
