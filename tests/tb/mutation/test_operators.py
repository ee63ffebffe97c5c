import pytest

from tb.mutation.operators import OPERATORS, Place

WIDTHS = {"a": 8, "b": 8, r"\$1": 9, "bit": 1}


def changes(operator: str, expression: str, width: int = 8, **more: object) -> list[str]:
    place = {"form": "assign", "target": "t", "widths": WIDTHS, "guarded": False, **more}
    return list(OPERATORS[operator](Place(expression=expression, width=width, **place)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operator", "expression", "changed"),
    [
        ("arithmetic", "a + b", ["a - b"]),
        ("arithmetic", r"\$1  - 1'h1", [r"\$1  + 1'h1"]),
        ("arithmetic", "$signed(a) * $signed(b)", ["$signed(a) + $signed(b)"]),
        ("arithmetic", "- a", []),
        ("equality", "a == 8'h03", ["a != 8'h03"]),
        ("order", "a < b", ["a <= b"]),
        ("order", "a >= b", ["a > b"]),
        ("logic", "a & b", ["a | b"]),
        ("logic", "| a", ["& a"]),
        ("logic", "~ a", []),
        ("shift", r"$signed(a) >>> \$1 ", [r"$signed(a) >> \$1 "]),
        ("shift", "1'h1 << a", ["1'h1 >> a"]),
        ("drop-term", "a & b", ["a ", "b"]),
        ("drop-term", "bit ? a : { a, b }", []),
        ("drop-term", "a == b", []),
        ("invert", "~ a", ["a"]),
        ("invert", "! a", ["| a"]),
        ("invert", "a", []),
        ("negate", "- a", ["a"]),
        ("branches", "bit ? a : 8'h00", ["bit ? 8'h00 : a"]),
        ("constant", "a + 8'h0f", ["a + 8'h0e", "a + 8'h10"]),
        ("constant", "a + 1'h1", ["a + 1'h0"]),
        ("constant", "32'd0", ["32'd1", "32'd4294967295"]),
        ("bits", "a[3:0]", ["a[4:1]"]),
        ("bits", r"\$1 [7:0]", [r"\$1 [8:1]"]),
        ("bits", "a[7:1]", ["a[6:0]"]),
        ("bits", "a[3]", ["a[4]", "a[2]"]),
        ("sign", "$signed(a) + $signed(b)", ["a + b"]),
        ("sign", "{ a[7], a[7], a }", ["{ 1'h0, 1'h0, a }"]),
        ("sign", "{ b[7], a }", []),
    ],
)
def test_what_becomes_of_an_expression(operator: str, expression: str, changed: list[str]) -> None:
    assert sorted(changes(operator, expression)) == sorted(changed)


def test_a_bit_or_a_condition_is_stuck() -> None:
    assert changes("stuck", "a & b", width=1) == ["1'h0", "1'h1"]
    assert changes("stuck", "1'h0", width=1) == ["1'h1"]
    assert changes("stuck", "a & b") == []


def test_a_condition_is_inverted() -> None:
    assert changes("invert", "bit", width=1, form="condition") == ["!(bit)"]


def test_a_register_keeps_its_value() -> None:
    assert changes("drop-update", "a", form="update") == ["t"]
    assert changes("drop-update", "a", form="set", guarded=True) == ["t"]
    # Without the first of its statements, combinational logic would remember.
    assert changes("drop-update", "a", form="set") == []
