"""The package's names: documented, typed, and imported when they are asked for."""

import inspect
import json
import pkgutil
import subprocess
import sys
from enum import Enum
from types import FunctionType
from typing import Any, get_type_hints

import pytest

import dittosim
from tests.helpers.command_line import REPOSITORY

NAMES = {name: getattr(dittosim, name) for name in dittosim.__all__}
LIGHT = {"dittosim"}
"""Packages that are not of Python's own library, and that the import alone may load"""


def test_import_alone_imports_nothing_else() -> None:
    code = (
        "import sys; before = set(sys.modules); import dittosim; import json;"
        "print(json.dumps([*set(sys.modules) - before]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert loaded - sys.stdlib_module_names <= LIGHT


def test_names_are_those_that_are_imported_for_type_checkers() -> None:
    assert dittosim.__all__ == sorted(dittosim._PLACE_OF)
    assert set(dittosim.__all__) <= set(dir(dittosim))
    source = inspect.getsource(dittosim)
    checked = source[source.index("if TYPE_CHECKING") : source.index("__all__")]
    for name, place in dittosim._PLACE_OF.items():
        assert name in checked
        assert f"from {place} import" in checked


def test_no_module_takes_a_name() -> None:
    """Importing a module of the package would put it in the place of a function of its name."""
    modules = {module.name for module in pkgutil.iter_modules(dittosim.__path__)}
    assert modules & set(dittosim.__all__) == set()


def test_what_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = dittosim.nothing


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is(name: str) -> None:
    assert inspect.getdoc(NAMES[name]), name
    if isinstance(NAMES[name], type) and NAMES[name].__module__.startswith("dittosim"):
        for member, value in _members(NAMES[name]):
            assert inspect.getdoc(value), f"{name}.{member}"


@pytest.mark.parametrize("name", NAMES)
def test_says_its_types(name: str) -> None:
    value = NAMES[name]
    functions = [value] if isinstance(value, FunctionType) else []
    if isinstance(value, type) and value.__module__.startswith("dittosim"):
        functions = [each for _, each in _members(value)]
        functions = [each.fget if isinstance(each, property) else each for each in functions]
    for function in functions:
        hints = function.__annotations__
        parameters = [each for each in inspect.signature(function).parameters if each != "self"]
        assert sorted({*parameters, "return"} - set(hints)) == [], function.__qualname__


def test_types_of_functions_are_there_when_they_are_asked_for() -> None:
    assert get_type_hints(dittosim.simulate)["return"] is dittosim.Simulation
    assert get_type_hints(dittosim.compile)["return"] is dittosim.CompiledProgram


def _members(kind: type) -> list[tuple[str, Any]]:
    """Public methods and properties of our own."""
    if issubclass(kind, Enum | BaseException):
        return []
    return [
        (name, value)
        for name, value in vars(kind).items()
        if not name.startswith("_") and isinstance(value, FunctionType | property)
    ]
