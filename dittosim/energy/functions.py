"""Functions of standard cells, as Liberty files write them, on arrays of bits."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from golden.errors import DittosimError

Bits = np.ndarray
"""Bits packed in uint64 words; what they are of is the caller's"""
Function = Callable[[Mapping[str, Bits]], Bits]
"""Of a cell's pins by name"""

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*(?:\[\d+\])?|[01()!'^&*|+])")
_OPERAND = re.compile(r"[A-Za-z_01(!]")


@lru_cache(maxsize=4096)
def function_of(text: str) -> Function:
    """The function that ``text`` says; DittosimError if it is none.

    Liberty: ``!`` and a ``'`` behind bind most, then ``^``, then ``&``, ``*`` or nothing between
    two names, then ``|`` or ``+``.
    """
    tokens = _tokens(text)
    source, left = _sum(tokens, text)
    if left:
        raise _no_function(text)
    code = compile(source, "<cell>", "eval")
    scope = {"__builtins__": {}, "np": np}
    return lambda pins: eval(code, scope, {"pins": pins})


def pins_of(text: str) -> list[str]:
    """The pins that a function looks at, each once."""
    return list(dict.fromkeys(token for token in _tokens(text) if re.match(r"[A-Za-z_]", token)))


def _no_function(text: str) -> DittosimError:
    return DittosimError(f"Liberty file: cannot read the function '{text}'")


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            raise _no_function(text)
        tokens.append(found[1])
        place = found.end()
    return tokens


def _sum(tokens: list[str], text: str) -> tuple[str, list[str]]:
    source, tokens = _product(tokens, text)
    while tokens and tokens[0] in "|+":
        other, tokens = _product(tokens[1:], text)
        source = f"({source} | {other})"
    return source, tokens


def _product(tokens: list[str], text: str) -> tuple[str, list[str]]:
    source, tokens = _exclusive(tokens, text)
    while tokens and (tokens[0] in "&*" or _OPERAND.match(tokens[0])):
        other, tokens = _exclusive(tokens[tokens[0] in "&*" :], text)
        source = f"({source} & {other})"
    return source, tokens


def _exclusive(tokens: list[str], text: str) -> tuple[str, list[str]]:
    source, tokens = _operand(tokens, text)
    while tokens and tokens[0] == "^":
        other, tokens = _operand(tokens[1:], text)
        source = f"({source} ^ {other})"
    return source, tokens


def _operand(tokens: list[str], text: str) -> tuple[str, list[str]]:
    if not tokens:
        raise _no_function(text)
    first, *tokens = tokens
    if first == "!":
        source, tokens = _operand(tokens, text)
        source = f"(~{source})"
    elif first == "(":
        source, tokens = _sum(tokens, text)
        if not tokens or tokens[0] != ")":
            raise _no_function(text)
        tokens = tokens[1:]
    elif first in "01":
        source = f"np.uint64({-int(first) % 2**64})"
    elif re.match(r"[A-Za-z_]", first):
        source = f"pins[{first!r}]"
    else:
        raise _no_function(text)
    while tokens and tokens[0] == "'":
        source, tokens = f"(~{source})", tokens[1:]
    return source, tokens
