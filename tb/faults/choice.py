"""Many faults in one design, of which each run chooses one: building takes longer than running.

A statement that a fault changes becomes one of two, by a register that an argument of the
simulator sets: ``assign a = b & c;`` becomes

    always_comb begin if (fault == 1) a = b; else a = b & c; end

Statements, not expressions: an operand's width and sign depend on those beside it. In a condition
and at a port, where they do not, the expression becomes one of two.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rtl.emission.emit import Emission
from tb.faults.fault import Fault

REGISTER = "dittosim_fault"
"""Number of the fault that a module has, 0 being none; the simulator's argument, too"""

_MODULE = re.compile(r"^module (\w+)\([^;]*\);\n[\s\S]*?^endmodule", re.MULTILINE)
_READING = f"""  integer {REGISTER};
  initial if (!$value$plusargs("{REGISTER}=%d", {REGISTER})) {REGISTER} = 0;
"""
_EXPRESSION = re.compile(r"( *if \(|    \.\w+\()(.*)(\) begin|\),?)")
_ASSIGNMENT = re.compile(r"  assign ((\S+) += .*;)")
_STATEMENT = re.compile(r"    +((\S+) +<?= .*;)")


def with_faults(emission: Emission, faults: Sequence[Fault]) -> Emission:
    """The design with a choice of all ``faults``: :func:`choosing` one, or none.

    ValueError if a pattern does not match as it should, or changes what no choice can be made of.
    """
    ones = {fault.change: fault for fault in reversed(faults)}
    numbers = _numbers(faults)
    left = set(ones)

    def chosen(module: re.Match[str]) -> str:
        texts = {}
        for change, fault in ones.items():
            text = fault.inject(module[0], module[1])
            if text != module[0]:
                texts[numbers[change]] = text
                left.discard(change)
        return _with_choice(module[0], texts) if texts else module[0]

    verilog = _MODULE.sub(chosen, emission.verilog)
    if left:
        raise ValueError(f"fault {ones[left.pop()].name}: the pattern matches nowhere")
    return replace(emission, verilog=verilog)


def choosing(fault: Fault, faults: Sequence[Fault]) -> str:
    """The argument of the simulator with which a design :func:`with_faults` has that fault."""
    return f"+{REGISTER}={_numbers(faults)[fault.change]}"


def _numbers(faults: Sequence[Fault]) -> dict[tuple[str, str, str], int]:
    changes = dict.fromkeys(fault.change for fault in faults)
    return {change: number for number, change in enumerate(changes, 1)}


def _with_choice(module: str, faulty: dict[int, str]) -> str:
    """The module with a choice of what it is otherwise, by the number of the fault."""
    rows = {number: text.splitlines() for number, text in faulty.items()}
    lines = module.splitlines()
    assigned = set()
    for place, line in enumerate(lines):
        others = {n: row[place] for n, row in sorted(rows.items()) if row[place] != line}
        if others:
            lines[place] = _choice(line, others)
            if assignment := _ASSIGNMENT.fullmatch(line):
                assigned.add(assignment[2])
    header = next(n for n, line in enumerate(lines) if line.endswith(");")) + 1
    text = "\n".join([*lines[:header], _READING.rstrip(), *lines[header:]])
    for name in assigned:
        declaration = rf"^  wire ((?:\[\d+:0\] )?{re.escape(name)} *;)$"
        text, count = re.subn(declaration, r"  reg \1", text, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{name} is declared {count} times")
    return text


def _choice(line: str, others: dict[int, str]) -> str:
    for form in (_EXPRESSION, _ASSIGNMENT, _STATEMENT):
        if match := form.fullmatch(line):
            break
    else:
        raise ValueError(f"no choice can be made of {line!r}")
    found = {number: form.fullmatch(other) for number, other in others.items()}
    parts = {n: part for n, part in found.items() if part and _target(part) == _target(match)}
    if len(parts) < len(found):
        raise ValueError(f"{others} are not of the form of {line!r}")
    if form is _EXPRESSION:
        choices = "".join(f"{REGISTER} == {n} ? ({part[2]}) : " for n, part in parts.items())
        return f"{match[1]}{choices}({match[2]}){match[3]}"
    choices = "".join(f"if ({REGISTER} == {n}) {part[1]} else " for n, part in parts.items())
    block = "always_comb " if form is _ASSIGNMENT else ""
    return f"  {block}begin {choices}{match[1]} end"


def _target(part: re.Match[str]) -> str:
    """What a statement sets; of an expression, what stands before it."""
    return part[2] if part.re is not _EXPRESSION else part[1]
