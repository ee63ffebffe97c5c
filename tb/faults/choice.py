"""Many faults in one design, of which each run chooses one: building takes longer than running.

A statement that a fault changes becomes one of two, by a register that an argument of the
simulator sets: ``assign a = b & c;`` becomes

    reg a_or_fault;
    always_comb begin if (fault == 1) a_or_fault = b; else a_or_fault = b & c; end
    assign a = a_or_fault;

Statements, not expressions: an operand's width and sign depend on those beside it. In a condition
and at a port, where they do not, the expression becomes one of two.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rtl.emission.emit import Emission
from tb.faults.fault import Fault

REGISTER = "dittosim_fault"
"""Number of the fault that a module has, 0 being none; the simulator's argument, too"""

_MODULE = re.compile(r"^module (\w+)\b[^;]*;\n[\s\S]*?^endmodule", re.MULTILINE)
_READING = f"""  integer {REGISTER};
  initial if (!$value$plusargs("{REGISTER}=%d", {REGISTER})) {REGISTER} = 0;
"""
_EXPRESSION = re.compile(
    r"( *(?:end else )?if \(|    \.(?:\\\S+ |\w+)\()(.*?)(\) begin|\) [^()]* <= .*;|\),?)"
)
_TARGET = r"(\S+(?: \[[\d:]+\])?)"
_ASSIGNMENT = re.compile(rf"  assign ({_TARGET} += (.*);)")
_STATEMENT = re.compile(rf"    +({_TARGET} +<?= .*;)")


def with_faults(emission: Emission, faults: Sequence[Fault]) -> Emission:
    """The design with a choice of all ``faults``: :func:`choosing` one, or none.

    ValueError if a pattern does not match as it should, or changes what no choice can be made of.
    """
    ones = {fault.change: fault for fault in reversed(faults)}
    numbers = _numbers(faults)
    left = set(ones)
    choices: dict[str, dict[int, str]] = {}
    for module in _MODULE.finditer(emission.verilog):
        for change, fault in ones.items():
            text = fault.inject(module[0], module[1])
            if text != module[0]:
                choices.setdefault(module[1], {})[numbers[change]] = text
                left.discard(change)
    if left:
        raise ValueError(f"fault {ones[left.pop()].name}: the pattern matches nowhere")
    return with_choices(emission, choices)


def with_choices(emission: Emission, choices: Mapping[str, Mapping[int, str]]) -> Emission:
    """The design with other texts of some modules, by their names and numbers above 0.

    Each is a module's text with other lines; the simulator's argument :func:`argument` chooses.
    ValueError if no choice can be made of a line that differs.
    """

    def chosen(module: re.Match[str]) -> str:
        texts = choices.get(module[1])
        return _with_choice(module[0], texts) if texts else module[0]

    return replace(emission, verilog=_MODULE.sub(chosen, emission.verilog))


def argument(number: int) -> str:
    """The argument of the simulator that chooses what has that number."""
    return f"+{REGISTER}={number}"


def choosing(fault: Fault, faults: Sequence[Fault]) -> str:
    """The argument of the simulator with which a design :func:`with_faults` has that fault."""
    return argument(_numbers(faults)[fault.change])


def _numbers(faults: Sequence[Fault]) -> dict[tuple[str, str, str], int]:
    changes = dict.fromkeys(fault.change for fault in faults)
    return {change: number for number, change in enumerate(changes, 1)}


def _with_choice(module: str, faulty: Mapping[int, str]) -> str:
    """The module with a choice of what it is otherwise, by the number of the fault."""
    rows = {number: text.splitlines() for number, text in faulty.items()}
    lines = module.splitlines()
    for place, line in enumerate(module.splitlines()):
        others = {n: row[place] for n, row in sorted(rows.items()) if row[place] != line}
        if not others:
            continue
        match, parts = _parts(line, others)
        if match.re is _ASSIGNMENT:
            width = _width(match[2], module)
            lines[place] = _assignment(match, parts, f"{REGISTER}_{place}", width)
        else:
            lines[place] = _choice(match, parts)
    header = next(n for n, line in enumerate(lines) if line.endswith(");")) + 1
    return "\n".join([*lines[:header], _READING.rstrip(), *lines[header:]])


def _width(target: str, module: str) -> int:
    name, _, index = target.partition("[")
    if bits := re.fullmatch(r"(\d+)(?::(\d+))?\]", index):
        return int(bits[1]) - int(bits[2] or bits[1]) + 1
    declaration = rf"^  wire (?:\[(\d+):0\] )?{re.escape(name.strip())} *;$"
    found = re.findall(declaration, module, flags=re.MULTILINE)
    if len(found) != 1:
        raise ValueError(f"{name} is declared {len(found)} times")
    return int(found[0] or 0) + 1


def _parts(line: str, others: dict[int, str]) -> tuple[re.Match[str], dict[int, re.Match[str]]]:
    """A line and what it is otherwise, taken apart."""
    for form in (_EXPRESSION, _ASSIGNMENT, _STATEMENT):
        if match := form.fullmatch(line):
            break
    else:
        raise ValueError(f"no choice can be made of {line!r}")
    found = {number: form.fullmatch(other) for number, other in others.items()}
    parts = {n: part for n, part in found.items() if part and _target(part) == _target(match)}
    if len(parts) < len(found):
        raise ValueError(f"{others} are not of the form of {line!r}")
    return match, parts


def _assignment(
    match: re.Match[str], parts: dict[int, re.Match[str]], chosen: str, width: int
) -> str:
    """Any part of a signal may be assigned: what is chosen goes through a register of its own."""
    choices = "".join(
        f"if ({REGISTER} == {n}) {chosen} = {part[3]}; else " for n, part in parts.items()
    )
    return (
        f"  reg [{width - 1}:0] {chosen};\n"
        f"  always_comb begin {choices}{chosen} = {match[3]}; end\n"
        f"  assign {match[2]} = {chosen};"
    )


def _choice(match: re.Match[str], parts: dict[int, re.Match[str]]) -> str:
    if match.re is _EXPRESSION:
        choices = "".join(f"{REGISTER} == {n} ? ({part[2]}) : " for n, part in parts.items())
        return f"{match[1]}{choices}({match[2]}){match[3]}"
    choices = "".join(f"if ({REGISTER} == {n}) {part[1]} else " for n, part in parts.items())
    return f"  begin {choices}{match[1]} end"


def _target(part: re.Match[str]) -> str:
    """What a statement sets; of an expression, what stands before it."""
    return part[2] if part.re is not _EXPRESSION else part[1]
