"""Conditions on machines: expressions of their fields, by the library simpleeval."""

import ast
from collections.abc import Mapping
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from golden.errors import DittosimError
from golden.machine.config import MachineConfig

NAMES = (*MachineConfig.model_fields, "multipliers", "flow")
"""What a condition may name"""
FUNCTIONS = {"min": min, "max": max, "abs": abs}


class Conditions:
    """All of a space's; DittosimError that begins with ``source`` if one cannot be one."""

    def __init__(self, texts: tuple[str, ...], source: str) -> None:
        self._source = source
        self._texts = texts
        self._evaluator = SimpleEval(functions=FUNCTIONS)
        self._parsed = [self._checked(text) for text in texts]

    def hold(self, machine: MachineConfig, flow: str) -> bool:
        """Whether a machine in a flow keeps them all.

        DittosimError where one has no answer for it.
        """
        if not self._texts:
            return True
        values: Mapping[str, Any] = {
            **machine.model_dump(mode="json"),
            "multipliers": machine.multipliers,
            "flow": flow,
        }
        self._evaluator.names = dict(values)
        return all(map(self._holds, self._texts, self._parsed))

    def _checked(self, text: str) -> Any:
        try:
            parsed = self._evaluator.parse(text)
            names = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)}
        except (InvalidExpression, SyntaxError, ValueError) as error:
            raise self._wrong(text, "is no expression such as 'columns <= 8 * lanes'") from error
        for name in sorted(names - set(NAMES) - set(FUNCTIONS)):
            raise self._wrong(text, f"names '{name}'; there are {', '.join(NAMES)}")
        return parsed

    def _holds(self, text: str, parsed: Any) -> bool:
        try:
            found = self._evaluator.eval(text, previously_parsed=parsed)
        except (InvalidExpression, ArithmeticError, TypeError, ValueError) as error:
            raise self._wrong(text, f"has no answer: {error}") from error
        if not isinstance(found, bool):
            raise self._wrong(text, f"gives {found!r}, neither true nor false; compare it")
        return found

    def _wrong(self, text: str, why: str) -> DittosimError:
        return DittosimError(f"{self._source}: condition {text!r} {why}")
