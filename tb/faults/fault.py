"""Negative controls: faults put into emitted Verilog, each of which a bench must find.

The patterns fit the Verilog of the preset ``tiny``; one that does not match exactly once is an
error, so a fault cannot get lost when the hardware changes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fault:
    """A change of one place in one module, or of all places that are alike in all modules."""

    name: str
    bench: str
    """The bench that must find it."""
    module: str
    """Empty: every module of the design"""
    pattern: str
    """Regular expression that matches once in the module, or anywhere in every module."""
    replacement: str
    stalls: bool = False
    """Whether it shows only under stalls."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Of the preset's fields, where it shows only on another machine"""

    @property
    def change(self) -> tuple[str, str, str]:
        """What it does to a design: faults that differ in their benches alone do the same."""
        return self.module, self.pattern, self.replacement

    def inject(self, module: str, name: str) -> str:
        """The Verilog of the module of that name with the fault, if it is one that it changes.

        ValueError if the pattern should match once and does not.
        """
        if self.module not in ("", name):
            return module
        faulty, matches = re.subn(self.pattern, self.replacement, module)
        if self.module and matches != 1:
            raise ValueError(f"fault {self.name}: the pattern matches {matches} times, not once")
        return faulty
