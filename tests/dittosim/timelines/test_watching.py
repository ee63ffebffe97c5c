from dataclasses import replace

from dittosim.timelines.watching import first_difference
from tests.helpers.watched_steps import watched_steps


def test_the_first_difference_is_told() -> None:
    steps = watched_steps(2, 3, 50)
    assert first_difference(steps, watched_steps(2, 3, 50)) == ""
    units = list(steps[1].units)
    late = [*units[:4], replace(units[4], last=units[4].last + 1), *units[5:]]
    told = first_difference([steps[0], replace(steps[1], units=late)], steps)
    assert told.startswith("step 1, block0.attention.project: seen Busy(")
    told = first_difference([replace(steps[0], units=units[:-1]), steps[1]], steps)
    assert told == f"step 0: {len(units) - 1} intervals, simulated {len(units)}"
    told = first_difference([replace(steps[0], layers=steps[0].layers[:-1]), steps[1]], steps)
    assert told == "step 0: other layers ran"
