"""Which points a space has."""

from pathlib import Path

import pytest

from dittosim.sweeps.lattice import Candidate, Lattice
from dittosim.sweeps.space import Range, load_space
from golden.errors import DittosimError


@pytest.fixture
def lattice(tmp_path: Path):
    def made(text: str) -> Lattice:
        path = tmp_path / "space.toml"
        path.write_text(f'workload = "digits-unet"\n{text}')
        return Lattice(load_space(path), "space.toml")

    return made


@pytest.mark.parametrize(
    ("settings", "values"),
    [
        ({"from": 2, "to": 5}, [2, 3, 4, 5]),
        ({"from": 2, "to": 9, "step": 3}, [2, 5, 8]),
        ({"from": 3, "to": 3}, [3]),
        ({"from": 1, "to": 9, "times": 2}, [1, 2, 4, 8]),
        ({"from": 2, "to": 54, "times": 3}, [2, 6, 18, 54]),
        ({"from": 5, "to": 9, "times": 2}, [5]),
        ({"from": -1, "to": 1}, [-1, 0, 1]),
    ],
)
def test_ranges(settings: dict[str, int], values: list[int]) -> None:
    found = Range.model_validate(settings)
    assert found.values == values
    assert found.count == len(values)


def test_all_combinations_in_order(lattice) -> None:
    """The last field changes first; a value given twice is one; true is not 1."""
    found = lattice(
        'flow = ["defo", "temporal"]\n[grid]\nlanes = [4, 2, 4]\n'
        "fifo_depth = { from = 2, to = 8, times = 2 }\nrows_in_flight = [1, true]\n"
    )
    every = found.every()
    fields = [(one.flow.value, one.machine.lanes, one.machine.fifo_depth) for one in every]
    assert fields == [
        (flow, lanes, depth)
        for flow in ("defo", "temporal")
        for lanes in (4, 2)
        for depth in (2, 4, 8)
    ]
    assert len(found.left_out.impossible) == 12
    assert "rows_in_flight = True" in found.left_out.impossible[0]
    assert found.count == 24


@pytest.mark.parametrize("seed", range(5))
def test_drawn_points_are_possible_and_each_once(lattice, seed: int) -> None:
    text = (
        'conditions = ["multipliers <= 64", "min(lanes, fifo_depth) < 4"]\n[grid]\n'
        "lanes = { from = 1, to = 16 }\ncolumns = { from = 1, to = 4096 }\n"
        "fifo_depth = { from = 1, to = 64 }\n"
    )
    found = lattice(text).drawn(20, seed)
    assert len(set(found)) == len(found) == 20
    assert all(one.machine.multipliers <= 64 for one in found)
    assert found == lattice(text).drawn(20, seed)
    assert found[:7] == lattice(text).drawn(7, seed)
    assert set(found) != set(lattice(text).drawn(20, seed + 1))


def test_no_more_than_there_are(lattice) -> None:
    text = "[grid]\nlanes = { from = 1, to = 16 }\n"
    every = lattice(text).every()
    assert {one.machine.lanes for one in every} == {1, 2, 4, 8, 16}
    assert set(lattice(text).drawn(100, 0)) == set(every)


def test_draws_end_where_next_to_none_is_possible(lattice) -> None:
    wide = 'conditions = ["columns == 0"]\n[grid]\ncolumns = { from = 1, to = 4096 }\n'
    with pytest.raises(DittosimError, match="no point of the grid is possible; "):
        lattice(wide).drawn(2, 0)


def test_conditions_name_fields_the_flow_and_multipliers(lattice) -> None:
    found = lattice(
        'flow = ["temporal", "defo"]\n'
        "conditions = [\"flow == 'defo' or lanes * columns > 32\", 'multipliers != 128']\n"
        "[grid]\nlanes = [2, 4, 8]\n"
    )
    kept = [(one.flow.value, one.machine.lanes) for one in found.every()]
    assert kept == [("temporal", 4), ("defo", 2), ("defo", 4)]
    assert found.left_out.excluded == 3


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "lanes.__class__ == 1",
        "[x for x in 'ab'] == 1",
        "9 ** 9 ** 9 > 1",
        "open('x') == 1",
        "lanes == 'a' * 10 ** 9",
    ],
)
def test_conditions_are_no_programs(lattice, text: str) -> None:
    with pytest.raises(DittosimError, match=r"space.toml: condition ") as refused:
        lattice(f'conditions = ["{text}"]\n[grid]\nlanes = [2]\n').every()
    assert "\n" not in str(refused.value)


def test_candidates_are_told_apart(lattice) -> None:
    first, second = lattice("[grid]\nlanes = [2, 4]\n").every()
    assert isinstance(first, Candidate)
    assert len({first, second, first}) == 2
