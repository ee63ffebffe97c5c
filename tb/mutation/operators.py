"""What a mutation does to an expression of the emitted Verilog: one small change of each kind.

An operator gives all texts that it makes of an expression; how often it applies is how many it
gives. Yosys writes one operation per assignment, with a space on either side, which is all that
the operators need to know of Verilog.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """An expression, and what is known of where it stands."""

    expression: str
    form: str
    """As in :class:`tb.mutation.verilog.Statement`"""
    target: str
    width: int
    """Bits of the target, 1 for a condition, 0 where not known"""
    widths: Mapping[str, int]
    """Bits of the module's signals"""
    guarded: bool
    """Whether it stands under a condition"""


Operator = Callable[[Place], Iterator[str]]

_BINARY = re.compile(r"(?<=[\w\]}) ]) (>>>|>>|<<|<=|>=|==|!=|[-+*&|^<>]) (?=\S)")
_CONSTANT = re.compile(r"\b(\d+)'(s?)([hd])([0-9a-f]+)\b")
_CHOICE = re.compile(r"([^?{]*) \? (.*) : (.*)")
_SLICE = re.compile(r"(\\\S+ |[A-Za-z_]\w*)\[(\d+)(?::(\d+))?\]")
_EXTENSION = re.compile(r"\{ ((\\\S+ |[A-Za-z_]\w*)\[\d+\])((?:, \1)*), \2(?=[ \[,}])")
_SIGNED = re.compile(r"\$signed\(((?:[^()])*)\)")


def _binary(place: Place, pairs: Mapping[str, str]) -> Iterator[str]:
    for found in _BINARY.finditer(place.expression):
        if found[1] in pairs:
            yield _with(place.expression, found.span(1), pairs[found[1]])


def _with(text: str, span: tuple[int, int], new: str) -> str:
    return text[: span[0]] + new + text[span[1] :]


def arithmetic(place: Place) -> Iterator[str]:
    """Adds where it subtracts, and the other way round, or instead of multiplying."""
    yield from _binary(place, {"+": "-", "-": "+", "*": "+"})


def equality(place: Place) -> Iterator[str]:
    """Equal becomes unequal."""
    yield from _binary(place, {"==": "!=", "!=": "=="})


def order(place: Place) -> Iterator[str]:
    """The limit itself changes sides."""
    yield from _binary(place, {"<": "<=", "<=": "<", ">": ">=", ">=": ">"})


def logic(place: Place) -> Iterator[str]:
    """And becomes or, of two operands and of all bits."""
    yield from _binary(place, {"&": "|", "|": "&", "^": "|"})
    if place.expression[:2] in ("| ", "& "):
        yield ("& " if place.expression[0] == "|" else "| ") + place.expression[2:]


def shift(place: Place) -> Iterator[str]:
    """Shifts the other way, or without the sign."""
    yield from _binary(place, {"<<": ">>", ">>": "<<", ">>>": ">>"})


def drop_term(place: Place) -> Iterator[str]:
    """One of two operands alone."""
    terms = [found for found in _BINARY.finditer(place.expression) if found[1] in "+-*&|^"]
    if len(terms) == 1 and " ? " not in place.expression and not _nested(place, terms[0].start()):
        yield place.expression[: terms[0].start()].rstrip() + " "
        yield place.expression[terms[0].end() :]


def _nested(place: Place, position: int) -> bool:
    before = place.expression[:position]
    return any(before.count(a) != before.count(b) for a, b in ("()", "{}", "[]"))


def invert(place: Place) -> Iterator[str]:
    """Without its inversion; a condition with one."""
    if place.expression.startswith("~ "):
        yield place.expression[2:]
    elif place.expression.startswith("! "):
        yield f"| {place.expression[2:]}"
    elif place.form == "condition" and place.width == 1:
        yield f"!({place.expression})"


def negate(place: Place) -> Iterator[str]:
    """Without the minus."""
    if place.expression.startswith("- "):
        yield place.expression[2:]


def stuck(place: Place) -> Iterator[str]:
    """A single bit, or a condition, is always 0, or always 1."""
    if place.width == 1:
        yield from (value for value in ("1'h0", "1'h1") if value != place.expression)


def drop_update(place: Place) -> Iterator[str]:
    """What is set stays what it was."""
    if place.form == "update" or (place.form == "set" and place.guarded):
        yield place.target


def branches(place: Place) -> Iterator[str]:
    """The two results of a choice change places."""
    if found := _CHOICE.fullmatch(place.expression):
        yield f"{found[1]} ? {found[3]} : {found[2]}"


def constant(place: Place) -> Iterator[str]:
    """One more, and one less."""
    for found in _CONSTANT.finditer(place.expression):
        width, base = int(found[1]), {"h": 16, "d": 10}[found[3]]
        for value in {(int(found[4], base) + step) % (1 << width) for step in (1, -1)}:
            digits = f"{value:0{len(found[4])}x}" if base == 16 else str(value)
            yield _with(place.expression, found.span(), f"{width}'{found[2]}{found[3]}{digits}")


def bits(place: Place) -> Iterator[str]:
    """The bits beside those that are taken."""
    for found in _SLICE.finditer(place.expression):
        width = place.widths.get(found[1].strip(), 0)
        high, low = int(found[2]), int(found[3] or found[2])
        for step in (1, -1):
            if low + step >= 0 and high + step < width:
                index = f"{high + step}:{low + step}" if found[3] else str(high + step)
                yield _with(place.expression, found.span(), f"{found[1]}[{index}]")


def sign(place: Place) -> Iterator[str]:
    """Numbers with a sign are taken for numbers without."""
    if "$signed(" in place.expression:
        yield _SIGNED.sub(r"\1", place.expression)
    for found in _EXTENSION.finditer(place.expression):
        zeros = ", ".join(["1'h0"] * (found[3].count(",") + 1))
        yield _with(place.expression, (found.start() + 2, found.end(3)), zeros)


OPERATORS: dict[str, Operator] = {
    "arithmetic": arithmetic,
    "bits": bits,
    "branches": branches,
    "constant": constant,
    "drop-term": drop_term,
    "drop-update": drop_update,
    "equality": equality,
    "invert": invert,
    "logic": logic,
    "negate": negate,
    "order": order,
    "shift": shift,
    "sign": sign,
    "stuck": stuck,
}
"""All of them, by the names that waivers use"""
