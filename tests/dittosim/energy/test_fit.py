import numpy as np
import pytest

from dittosim.energy.events import EVENTS, array_event
from dittosim.energy.fit import causes, fitted
from golden.difference.matmul import Mode

SLOTS, ROWS = (array_event(what, Mode.TEMPORAL) for what in ("slots", "rows"))


def test_what_windows_were_made_of() -> None:
    rng = np.random.default_rng(1)
    events = {name: np.zeros(20, np.int64) for name in EVENTS}
    events[SLOTS], events[ROWS] = rng.integers(0, 900, 20), rng.integers(0, 30, 20)
    cycles = rng.integers(100, 300, 20)
    energies = 1.5 * cycles + 0.25 * events[SLOTS] + 7 * events[ROWS]
    idle, each = fitted(energies, cycles, events, EVENTS)
    assert idle == pytest.approx(1.5)
    assert each == pytest.approx({SLOTS: 0.25, ROWS: 7})


def test_nothing_gives_energy_back() -> None:
    events = {name: np.zeros(4, np.int64) for name in EVENTS}
    events[SLOTS] = np.array([0, 10, 20, 30])
    idle, each = fitted(np.array([9.0, 8, 7, 6]), np.full(4, 10), events, [SLOTS])
    assert idle == pytest.approx(0.75)
    assert each == {}


@pytest.mark.parametrize(
    ("module", "has", "has_not"),
    [
        ("pe", "slots temporal", "vector compute"),
        ("vector_lane", "vector compute", "slots temporal"),
        ("vector_table", "words vector read", "rows act"),
        ("axi_writer", "words results", "words weights"),
        ("axi_reader", "words weights", "slots act"),
        ("output_lane", "words output", "words results"),
    ],
)
def test_causes(module: str, has: str, has_not: str) -> None:
    assert has in causes(module)
    assert has_not not in causes(module)
