from itertools import product

import numpy as np
import pytest

from dittosim.energy.functions import function_of, pins_of
from golden.errors import DittosimError

FUNCTIONS = {
    "A": "a",
    "!A": "not a",
    "A'": "not a",
    "(A * B)'": "not (a and b)",
    "!((A & B) | C)": "not ((a and b) or c)",
    "A B + C": "(a and b) or c",
    "A + B C": "a or (b and c)",
    "A B'": "a and not b",
    "A ^ B ^ C": "(a + b + c) % 2",
    "A ^ B & C": "(a != b) and c",
    "A | B ^ C": "a or (b != c)",
    "!!A": "a",
    "(A')'": "a",
    "!(A) B": "not a and b",
    "1": "True",
    "0": "False",
    "A (B + C)": "a and (b or c)",
}
"""What a Liberty file says, and what Python does"""
CASES = list(product((False, True), repeat=3))


@pytest.mark.parametrize("text", FUNCTIONS)
def test_every_case(text: str) -> None:
    pins = {
        name: np.array([sum(case[n] << at for at, case in enumerate(CASES))], np.uint64)
        for n, name in enumerate("ABC")
    }
    found = int(np.broadcast_to(function_of(text)(pins), (1,))[0])
    assert [bool(found >> at & 1) for at in range(len(CASES))] == [
        bool(eval(FUNCTIONS[text], dict(zip("abc", case, strict=True)))) for case in CASES
    ]


@pytest.mark.parametrize("text", ["", "A +", "(A", "A)", "A $ B", "+ A", "!", "'A"])
def test_what_is_no_function(text: str) -> None:
    with pytest.raises(DittosimError, match="cannot read the function"):
        function_of(text)


def test_pins() -> None:
    assert pins_of("!((A1 & B) | (A1 CI'))") == ["A1", "B", "CI"]
