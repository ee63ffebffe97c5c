"""Fields of machines as lines of TOML that ``dittosim config show`` takes.

A line depends on its field's value alone, so that a page holds one for each value, not for each
machine.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from golden.machine.config import MachineConfig
from golden.machine.dram import DramConfig

DRAM = "dram"
_WHOLE = MachineConfig.model_fields
"""All fields, in the order of a file"""


def machine_toml(row: Mapping[str, Any]) -> str:
    """A machine's file: those of its fields that are not as they are by default."""
    lines = [toml_line(name, row[name]) for name in _WHOLE if name in row]
    return "".join(f"{line}\n" for line in lines if line)


def toml_line(name: str, value: Any) -> str:
    """A field's line; none where the value is the default, absent, or nothing of a machine."""
    if name == DRAM:
        return _dram_line(value)
    # Numbers have become floats where one is absent.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or value == _WHOLE[name].default:
        return ""
    return f"{name} = {_value(value)}"


def _dram_line(value: Any) -> str:
    """``value`` is a standard's name, or a table as it is or as JSON."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            value = json.loads(value)
        except ValueError:
            return ""
    if isinstance(value, Mapping):
        # Fields of a table that other rows have are absent here.
        value = {key: each for key, each in value.items() if each is not None}
    elif not isinstance(value, str):
        return ""
    try:
        dram = DramConfig.model_validate(value)
    except ValidationError:
        return ""
    fields = dram.model_dump(mode="json", exclude_defaults=True)
    if list(fields) == ["standard"]:
        return f"{DRAM} = {_value(fields['standard'])}"
    pairs = ", ".join(f"{key} = {_value(each)}" for key, each in fields.items())
    return f"{DRAM} = {{ {pairs} }}"


def _value(value: Any) -> str:
    # A number, text or list of texts is in TOML as it is in JSON, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
