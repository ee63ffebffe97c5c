"""Mutants of a design: which there are in each module, and what each is called."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rtl.emission.emit import Emission
from tb.mutation.operators import OPERATORS, Place
from tb.mutation.verilog import NUMBERED, ModuleText, Statement, modules_of

_FIXED = ("clk", "rst", "awake")
"""Ports and signals that are not the design's own"""


@dataclass(frozen=True)
class Mutant:
    """A change of one line of one module."""

    module: str
    operator: str
    line: int
    """In the module, from 0"""
    before: str
    """The line"""
    after: str
    """What it becomes"""
    statement: str
    """The line in words that outlive edits elsewhere: conditions first, no numbers for names"""
    change: str
    """What it becomes, likewise"""
    copy: int
    """From 0, of those that read alike"""

    @property
    def name(self) -> str:
        """Eight digits, the same for as long as the module says the same there."""
        parts = (self.module, self.operator, self.statement, self.change, str(self.copy))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]

    def text(self, module: ModuleText) -> str:
        """The module with the change."""
        assert module.lines[self.line] == self.before
        lines = [*module.lines]
        lines[self.line] = self.after
        return "\n".join(lines)


def mutants_of(emission: Emission) -> dict[str, list[Mutant]]:
    """All mutants of a design, by module, from top to bottom."""
    described: Any = emission.manifest["modules"]
    inputs = {
        module["name"]: {p["name"] for p in module["ports"] if p["direction"] == "input"}
        for module in described
    }
    modules = modules_of(emission.verilog)
    return {name: list(_mutants(text, inputs)) for name, text in modules.items() if name in inputs}


def _mutants(module: ModuleText, inputs: dict[str, set[str]]) -> Iterator[Mutant]:
    seen: dict[tuple[str, str, str], int] = {}
    for statement in module.statements:
        if not _counts(statement, module, inputs):
            continue
        place = Place(
            statement.expression,
            statement.form,
            statement.target,
            _width(statement, module),
            module.widths,
            bool(statement.path),
        )
        line = module.lines[statement.line]
        start = line.index(
            statement.expression, line.index(statement.target) + len(statement.target)
        )
        changed = set()
        for operator, change in OPERATORS.items():
            for expression in change(place):
                after = line[:start] + expression + line[start + len(statement.expression) :]
                if after in changed or after == line:
                    continue
                changed.add(after)
                said = _said(statement, line, module), _said(statement, after, module)
                copy = seen[operator, *said] = seen.get((operator, *said), -1) + 1
                yield Mutant(module.name, operator, statement.line, line, after, *said, copy)


def _counts(statement: Statement, module: ModuleText, inputs: dict[str, set[str]]) -> bool:
    """Whether an output can depend on a statement, and it is not the reset or the clock itself."""
    if statement.form == "condition":
        return statement.expression not in _FIXED
    if statement.form == "port":
        ports = inputs.get(statement.instance, set())
        return statement.target.strip("\\ ") in ports and statement.target not in _FIXED
    return statement.base in module.live


def _width(statement: Statement, module: ModuleText) -> int:
    if statement.form == "condition":
        return 1
    if statement.form == "port":
        name = statement.expression
        return module.width(name) if name.strip() in module.widths or "[" in name else 0
    return module.width(statement.target)


def _said(statement: Statement, line: str, module: ModuleText) -> str:
    path = "".join(f"{condition} > " for condition in statement.path)
    owner = f"{statement.instance}: " if statement.form == "port" else ""
    text = line.strip().removeprefix("end ").removesuffix(" begin")
    if statement.form == "assign" and NUMBERED.fullmatch(statement.target):
        text = text.replace(statement.target, "_ ", 1)  # else what it is set to, twice
    return module.readable(f"{path}{owner}{text}")
