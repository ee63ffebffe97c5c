"""Negative controls: faults put into emitted Verilog, each of which a bench must find.

The patterns fit the Verilog of the preset ``tiny``; one that does not match exactly once is an
error, so a fault cannot get lost when the hardware changes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rtl.emission.emit import Emission


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
    changes: Mapping[str, int] = field(default_factory=dict)
    """Of the preset's fields, where it shows only on another machine"""

    def inject(self, emission: Emission) -> Emission:
        """The design with the fault. Raises ValueError if the pattern does not match once."""
        if not self.module:
            verilog, matches = re.subn(self.pattern, self.replacement, emission.verilog)
            if not matches:
                raise ValueError(f"fault {self.name}: the pattern matches nowhere")
            return replace(emission, verilog=verilog)
        start = emission.verilog.index(f"\nmodule {self.module}(")
        end = emission.verilog.index("\nendmodule", start)
        module = emission.verilog[start:end]
        matches = len(re.findall(self.pattern, module))
        if matches != 1:
            raise ValueError(f"fault {self.name}: the pattern matches {matches} times, not once")
        faulty = re.sub(self.pattern, self.replacement, module)
        verilog = emission.verilog[:start] + faulty + emission.verilog[end:]
        return replace(emission, verilog=verilog)
