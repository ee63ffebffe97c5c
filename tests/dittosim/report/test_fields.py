from dataclasses import replace
from pathlib import Path

import pandas as pd

from dittosim.report.fields import Kind, Meaning, kind_of, with_front
from dittosim.report.results import About, Results
from dittosim.sweeps.figures import FIGURES, Scope
from dittosim.sweeps.space import Goal
from golden.machine.config import MachineConfig
from tests.helpers.sweep_results import GOALS, sweep_points


def results(points: pd.DataFrame, objectives: object = None) -> Results:
    return Results(Path("results.parquet"), points, About({}, {}, {"objectives": objectives}))


def meaning(points: pd.DataFrame, objectives: object = None) -> Meaning:
    return with_front(results(points, objectives))[1]


def test_every_column_of_a_sweep_has_a_group() -> None:
    names = [
        *MachineConfig.model_fields,
        *FIGURES[Scope.STEPS],
        *FIGURES[Scope.TILES],
        *sweep_points(),
    ]
    assert {kind_of(name) for name in names} == set(Kind) - {Kind.OTHER}


def test_goals_are_those_of_the_space() -> None:
    points = sweep_points()
    assert meaning(points).goals == GOALS
    assert meaning(points, {"cycles": "max"}).goals == {"cycles": Goal.MAX}
    for nonsense in (3, {"cycles": "most"}, {"none such": "min"}, {"flow": "min"}):
        assert meaning(points, nonsense).goals == GOALS
    assert meaning(points[["cycles", "lanes"]]).goals == {"cycles": Goal.MIN}


def test_tiles() -> None:
    points = pd.DataFrame(
        {"cycles": [1, 2], "area_um2": [2.0, 1.0], "speedup": [3.0, 1.0], "pareto": [True, True]}
    )
    found = meaning(points)
    assert found.goals == {"cycles": Goal.MIN, "area_um2": Goal.MIN}
    assert found.better["speedup"] is Goal.MAX
    assert "speedup" in found.best


def test_a_front_is_found_where_a_file_has_none() -> None:
    """Of a workload, or a bandwidth: points on another one do not count."""
    points = sweep_points()
    found, _ = with_front(results(points.drop(columns="pareto")))
    assert found["pareto"].tolist() == points["pareto"].tolist()
    designs = pd.DataFrame(
        {"workload": ["digits"] * 4, "design": ["a", "b", "a", "b"]}
        | {"memory": ["4", "4", "16", "16"]}
        | {"cycles": [4, 5, 2, 1], "tiles_um2": [1.0] * 4, "energy_uj": [1.0] * 4}
    )
    found, known = with_front(results(designs))
    assert found["pareto"].tolist() == [True, False, False, True]
    assert known.group == "memory"
    assert known.varying == ["design", "memory"]


def test_what_varies_is_shown() -> None:
    known = meaning(sweep_points())
    assert known.varying == ["workload", "flow", "lanes", "columns"]
    assert known.shown[:7] == [*known.varying, *GOALS]
    assert known.shown[-1] == "pareto"
    one = with_front(replace(results(sweep_points().iloc[:1])))[1]
    assert one.varying == []
