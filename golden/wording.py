"""What is wrong with values that a description holds, in one line and in the file's own words.

Fields are named as the file has them, nodes and layers by their ``name``; nothing is seen of the
validator's own vocabulary.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from golden.errors import DittosimError

LONGEST_VALUE = 100
"""Characters of a wrong value that a message still shows."""

LONGEST_LIST = 500
"""Characters of a list of fields that it shows"""

Model = TypeVar("Model", bound=BaseModel)
_Path = tuple[int | str, ...]

_WHOLE = "must be a whole number"
_LIST = "must be a list"
_RULES = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    "int_parsing_size": "has too many digits",
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    "finite_number": "must be a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("string_type", "string_unicode"), "must be text"),
    "string_too_short": "must not be empty",
    "greater_than": "must be greater than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "none_required": "must be null",
    **dict.fromkeys(("literal_error", "enum"), "must be {expected}"),
    **dict.fromkeys(("list_type", "tuple_type"), _LIST),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must be a table"),
    "too_short": "has {actual_length} entries, must have at least {min_length}",
    "too_long": "has {actual_length} entries, must have at most {max_length}",
    "union_tag_invalid": "must be one of {expected_tags}",
    "union_tag_not_found": "is missing",
    "missing": "is missing",
    "extra_forbidden": "unknown field",
}
"""By the validator's name of the error; those that are not here are never raised by our models."""


def number_of(number: int, thing: str) -> str:
    """``1 step``, ``50 steps``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def shown(value: object) -> str:
    """A value in a message, cut short if it is long."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def validated(kind: type[Model], values: Any, source: object) -> Model:
    """``values`` as a ``kind``; DittosimError that begins with ``source`` if they are wrong."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise DittosimError(f"{source}: {describe(error, kind, values)}") from error
    except UnicodeEncodeError as error:
        raise DittosimError(f"{source}: holds text with half a character (a surrogate)") from error


def describe(error: ValidationError, kind: type[BaseModel], values: Any) -> str:
    """What ``error`` complains of first in ``values``, in one line: field, value and rule."""
    errors = [(_within(values, each), each) for each in error.errors(include_url=False)]
    # Alternatives (a number or a list of numbers) fail one by one: those that came farthest count.
    first = errors[0][0]
    related = [(path, e) for path, e in errors if path[: len(first)] == first[: len(path)]]
    path = max((path for path, _ in related), key=len)
    found = [each for other, each in related if other == path]
    # An alternative whose parts are right is the one that was meant.
    found = [each for each in found if each["type"] == "value_error"] or found
    return _sentence(path, found, kind, values, errors)


def _sentence(
    path: _Path,
    found: list[Any],
    kind: type[BaseModel],
    values: Any,
    errors: list[tuple[_Path, Any]],
) -> str:
    one = found[0]
    rule = " or ".join(dict.fromkeys(map(_rule, found))).replace(" or must be ", " or ")
    match one["type"]:
        case "extra_forbidden":
            fields = ", ".join(_model_at(kind, path[:-1]).model_fields)
            known = f"; the fields are {fields}" if len(fields) <= LONGEST_LIST else ""
            return f"{_thing(values, path[:-1])}unknown field {shown(path[-1])}{known}"
        case "missing" if isinstance(path[-1], int):
            return _too_few(values, path, errors)
        case "missing":
            return f"{_place(values, path[:-1])}{path[-1]}: {rule}"
        case "union_tag_not_found":
            return f"{_thing(values, path)}{_discriminator(one)}: {rule}"
        case "union_tag_invalid":
            return f"{_thing(values, path)}{_discriminator(one)} = {one['ctx']['tag']!r}: {rule}"
        case "value_error" if isinstance(one["input"], Mapping):
            return _thing(values, path) + rule
    value = repr(one["input"])
    if not path:
        return rule
    # An entry of a list is named with the list.
    parts = 2 if isinstance(path[-1], int) and len(path) > 1 else 1
    field = ".".join(map(str, path[-parts:]))
    told = "" if len(value) > LONGEST_VALUE else f" = {value}"
    return f"{_place(values, path[:-parts])}{field}{told}: {rule}"


def _rule(error: Any) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return _RULES.get(error["type"], "cannot be this").format(**error.get("ctx", {}))


def _discriminator(error: Any) -> str:
    return str(error["ctx"]["discriminator"]).strip("'")


def _within(values: Any, error: Any) -> _Path:
    """Where ``values`` are wrong: without the validator's own names of alternatives."""
    path: list[int | str] = []
    last = len(error["loc"]) - 1
    for number, part in enumerate(error["loc"]):
        if isinstance(values, Mapping):
            missing = number == last and error["type"] == "missing"
            if part not in values and not missing:
                continue
            values = values.get(part)
        elif isinstance(values, list | tuple) and isinstance(part, int):
            values = values[part] if part < len(values) else None
        else:
            continue
        path.append(part)
    return tuple(path)


def _place(values: Any, path: _Path) -> str:
    """What stands before a field: ``graph: node 'stem': ``, or ``schedule.``."""
    place = ""
    for number, part in enumerate(path):
        values = values[part]
        name = values.get("name") if isinstance(values, Mapping) else None
        if isinstance(part, int) and number and isinstance(name, str):
            kind = str(path[number - 1])
            before = place.removesuffix(f"{kind}.").removesuffix(".")
            place = f"{before}: " if before else ""
            place += f"{kind.removesuffix('s')} {name!r}: "
        else:
            place += f"{part}."
    return place


def _thing(values: Any, path: _Path) -> str:
    """What stands before a sentence on what is at ``path``."""
    place = _place(values, path)
    return f"{place[:-1]}: " if place.endswith(".") else place


def _too_few(values: Any, path: _Path, errors: list[tuple[_Path, Any]]) -> str:
    """A list with too few entries: the validator names each that is missing."""
    entries: Any = values
    for part in path[:-1]:
        entries = entries[part]
    lacking = {found for found, each in errors if each["type"] == "missing"}
    needed = len(entries) + sum(found[:-1] == path[:-1] for found in lacking)
    place, field = _place(values, path[:-2]), path[-2]
    return f"{place}{field}: has {len(entries)} entries, must have {needed}"


def _model_at(model: type[BaseModel], path: _Path) -> type[BaseModel]:
    for part in path:
        field = model.model_fields.get(str(part))
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        models = [k for k in kinds if isinstance(k, type) and issubclass(k, BaseModel)]
        model = models[0] if models else model
    return model
