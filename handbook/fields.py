"""The reference of fields: of every model of pydantic's, from the code."""

import json
import re
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from inspect import getdoc
from typing import Any

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sphinx.ext.autodoc.mock import mock
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.typing import stringify_annotation

from golden.machine.config import MachineConfig
from handbook.packages import NOT_INSTALLED, wings

HEAD = """# Fields

What files hold that dittosim reads and writes: first the machine, whose fields every command takes
in a TOML file (`--config`), then all others by the module that reads them. An impossible value is
an error that names file and field.

"""


def page() -> str:
    """The page, in Markdown."""
    models: list[type[BaseModel]] = [MachineConfig]
    models += (model for model in _models() if model is not MachineConfig)
    return HEAD + "\n".join(part for model in models for part in _section(model))


def _models() -> Iterator[type[BaseModel]]:
    """All of them, by the names of their modules."""
    for name in sorted(name for names in wings().values() for name in names):
        with mock(NOT_INSTALLED):
            module = import_module(name)
        for each in vars(module).values():
            if not (isinstance(each, type) and issubclass(each, BaseModel)):
                continue
            if each.__module__ == name and not each.__name__.startswith("_"):
                yield each


def _section(model: type[BaseModel]) -> Iterator[str]:
    yield f"## {model.__name__}\n"
    yield f"`{model.__module__}`: {_inline(getdoc(model) or '')}\n"
    if not model.model_fields:
        return
    yield "| field | type | default | meaning |\n|---|---|---|---|"
    meanings = ModuleAnalyzer.for_module(model.__module__).find_attr_docs()
    for name, field in model.model_fields.items():
        said = field.description or " ".join(meanings.get((model.__name__, name), []))
        cells = (f"`{name}`", _type(field), _default(field), _inline(said))
        yield f"| {' | '.join(cells)} |"
    yield ""


def _type(field: FieldInfo) -> str:
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    text = stringify_annotation(kind, "smart").replace("~", "")
    return " ".join([f"`{text}`".replace("|", "\\|"), *_range(field)])


def _range(field: FieldInfo) -> Iterator[str]:
    for each in field.metadata:
        match each:
            case Ge(low):
                yield f"from {low}"
            case Gt(low):
                yield f"above {low}"
            case Le(high):
                yield f"to {high}"
            case Lt(high):
                yield f"below {high}"
            case MinLen(low):
                yield f"of at least {low}"
            case MaxLen(high):
                yield f"of at most {high}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.default
    if value is PydanticUndefined:
        value = field.get_default(call_default_factory=True)
    if value is None:
        return ""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return f"`{json.dumps(value, default=str)}`"


def _inline(text: str) -> str:
    """A docstring in a table's cell: without roles, in one line."""
    text = re.sub(r":\w+:`~?([^`]*)`", r"`\1`", text).replace("``", "`")
    return " ".join(text.split()).replace("|", "\\|")
