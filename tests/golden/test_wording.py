"""Errors in descriptions are in the words of the file, for every model and kind of error."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

from dittosim.importing.dit import DitConfig, OldDitConfig
from dittosim.importing.scheduler import SchedulerConfig
from dittosim.importing.unet2d import Unet2dConfig
from dittosim.importing.unet2d_condition import Unet2dConditionConfig
from dittosim.sweeps.space import Space
from dittosim.training.comparison import Comparison
from dittosim.training.config import TrainingConfig
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.wording import number_of, validated
from golden.workload.trace import TraceDescription
from golden.workload.workload import WorkloadDescription, shipped_workloads
from tests.helpers.diffusers_models import CONDITION, DIT, OLD_DIT, UNET

TRACE = {
    "source": "s",
    "steps": 2,
    "images": 1,
    "seed": 0,
    "layers": [{"name": "conv", "shape": [1, 4, 4, 3], "columns": 5, "kernel": 3, "padding": 1}],
}
TRAINING = {
    "model": "digits-unet",
    "epochs": 4,
    "pruning": {"sparsity": 0.5, "every": 1, "until": 2},
}
COMPARISON = {
    "sparsities": [0.5],
    "training": {"model": "resnet", "epochs": 4},
    "pruning": {"every": 1, "until": 2},
    "variants": {"a": {}},
}


def workload() -> dict[str, Any]:
    return json.loads((shipped_workloads()["digits-cond"] / "workload.json").read_text())


def options(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if not name.startswith("_")}


MODELS: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "workload": (WorkloadDescription, workload()),
    "trace": (TraceDescription, TRACE),
    "machine": (MachineConfig, {"lanes": 4, "encoding": "sign-magnitude"}),
    "training": (TrainingConfig, TRAINING),
    "comparison": (Comparison, COMPARISON),
    "space": (Space, {"workload": "digits-unet", "grid": {"lanes": [2, 4]}}),
    "scheduler": (SchedulerConfig, {"timestep_spacing": "leading", "beta_start": 0.1}),
    "unet": (Unet2dConfig, options(UNET)),
    "condition": (Unet2dConditionConfig, options(CONDITION | {"attention_head_dim": [2, 2]})),
    "dit": (DitConfig, options(DIT)),
    "old-dit": (OldDitConfig, options(OLD_DIT)),
}
WRONG = [
    *(None, True, "x", "", -1, 0, 1.5, 1e400, float("nan"), 10**12, 10**400),
    *([], {}, [None], [[]], {"x": 1}, [1] * 9, ["x"], "\ud800", [10**12] * 3),
]
FOREIGN = ("Input", "constrained", "function-", "tuple[", "Field required", "validator", "pydantic")


def message(kind: type[BaseModel], values: Any) -> str | None:
    """None if the values are right."""
    try:
        validated(kind, values, "F")
    except DittosimError as error:
        found = str(error)
        assert found.startswith("F: ")
        assert "\n" not in found
        assert len(found) < 700
        return found.removeprefix("F: ")
    return None


def places(values: Any, depth: int = 0) -> list[tuple[Any, ...]]:
    """Paths of all parts of ``values``; of long lists those of different kinds."""
    if isinstance(values, dict):
        keys = list(values)[: 6 if depth == 1 and len(values) > 20 else None]
    elif isinstance(values, list):
        kinds: dict[object, int] = {}
        for number, entry in enumerate(values):
            kinds.setdefault(entry.get("op") if isinstance(entry, dict) else type(entry), number)
        keys = list(kinds.values())
    else:
        return [()]
    return [(), *((key, *rest) for key in keys for rest in places(values[key], depth + 1))]


def changed(values: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(values) if isinstance(values, dict) else list(values)
    if new is KeyError and len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", MODELS)
def test_no_word_of_the_validator(name: str) -> None:
    kind, good = MODELS[name]
    assert message(kind, good) is None
    refused = 0
    for path in places(good):
        for wrong in [*WRONG, *([KeyError] if path else [])]:
            found = message(kind, changed(good, path, wrong))
            if found is None:
                continue
            refused += 1
            own = found.split(": ", 1)[-1]
            assert not any(word in found for word in FOREIGN), (path, wrong, found)
            assert "cannot be this" not in own, (path, wrong, found)
            field = next((part for part in reversed(path) if isinstance(part, str)), None)
            if "surrogate" in found or "graph: the output is" in found:
                continue
            named = field is None or field[:7] in found or "node '" in found or "formats" in found
            assert named or wrong is KeyError or "is missing" in found, (path, wrong, found)
    assert refused > 20


@pytest.mark.parametrize(
    ("name", "path", "wrong", "expected"),
    [
        ("unet", ("layers_per_block",), "two", "layers_per_block = 'two': must be a whole number"),
        (
            "condition",
            ("layers_per_block",),
            "two",
            "layers_per_block = 'two': must be a whole number or a list",
        ),
        (
            "condition",
            ("attention_head_dim",),
            [2, 0],
            "attention_head_dim.1 = 0: must be greater than 0",
        ),
        ("workload", ("graph", "nodes", 0, "name"), 5, "graph.nodes.0.name = 5: must be text"),
        (
            "workload",
            ("graph", "nodes", 0, "inputs"),
            7,
            "graph: node 'time.wave': inputs = 7: must be a list",
        ),
        (
            "workload",
            ("graph", "nodes", 0, "op"),
            KeyError,
            "graph: node 'time.wave': op: is missing",
        ),
        (
            "workload",
            ("graph", "nodes", 1, "inputs"),
            [],
            "graph: node 'time.linear0': inputs: has 0 entries, must have 1",
        ),
        (
            "workload",
            ("schedule", "beta_first"),
            0,
            "schedule.beta_first = 0: must be greater than 0",
        ),
        ("workload", ("image_shape",), [1, 2], "image_shape: has 2 entries, must have 3"),
        (
            "workload",
            ("image_shape",),
            [10**6, 10**6, 1],
            "image_shape = (1000000, 1000000, 1): tensor 'image' would have",
        ),
        (
            "workload",
            ("schedule", "timesteps"),
            10**12,
            "schedule.timesteps = 1000000000000: must be at most 1000000",
        ),
        ("trace", ("layers", 0, "columns"), KeyError, "layer 'conv': columns: is missing"),
        ("trace", (), [], "must be a table"),
        ("machine", ("encoding",), "x", "encoding = 'x': must be 'sign-magnitude' or 'twos-"),
        ("training", ("pruning", "every"), 0, "pruning.every = 0: must be greater than 0"),
        ("training", ("pruning", "every"), 3, "pruning: every = 3 is after until = 2"),
        ("scheduler", ("beta_start",), "a", "beta_start = 'a': must be a number"),
    ],
)
def test_words(name: str, path: tuple[Any, ...], wrong: Any, expected: str) -> None:
    kind, good = MODELS[name]
    found = message(kind, changed(good, path, wrong))
    assert found is not None
    assert found.startswith(expected)


@pytest.mark.parametrize("value", ["Infinity", "1e999", "NaN", "-Infinity"])
def test_epsilon_is_finite(value: str) -> None:
    """Once it was taken, and written back as null."""
    values = workload()
    node = next(node for node in values["graph"]["nodes"] if node["op"] == "group_norm")
    text = json.dumps(values | {"graph": {"nodes": [node | {"epsilon": "EPSILON"}]}})
    values = json.loads(text.replace('"EPSILON"', value))
    found = message(WorkloadDescription, values)
    assert found is not None
    assert found.startswith(f"graph: node '{node['name']}': epsilon = ")
    assert found.endswith("must be a finite number")


def test_numbers_of_things() -> None:
    found = [number_of(number, "step") for number in (0, 1, 2, 1234)]
    assert found == ["0 steps", "1 step", "2 steps", "1,234 steps"]
