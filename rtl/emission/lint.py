"""Verilog that lint tools have nothing to say about, but what is waived by name with a reason.

Yosys writes what is right and remarkable all the same: what can be written in another way is, the
rest is waived in the file, in comments.
"""

import re

_INITIAL = re.compile(r"^  reg ((?:\[\d+:0\] )?(\S+ +))= ([^;]+);\n", re.MULTILINE)
_NOT = re.compile(r"= ! ")

HEADER = """\
// What lint may remark here is meant. Waived for this file alone:
/* verilator lint_save */
// All modules are in one file.
/* verilator lint_off DECLFILENAME */
// Fields of payloads have names of their own, for waveforms, whether they are used or not.
/* verilator lint_off UNUSEDSIGNAL */
// Operands are as wide as what they hold, and the language extends them, by their sign if signed;
// a shift that selects a field leaves the higher bits.
/* verilator lint_off WIDTH */
"""
"""Comments before all modules"""
FOOTER = "/* verilator lint_restore */\n"
"""The comment behind them"""


def mended(module: str) -> str:
    """A module as Yosys writes it, in words that no lint tool takes for a mistake.

    Registers get their initial values in statements of their own (in a declaration they look like
    drivers), cases that leave what they set as it is say so, and ``== 0`` is a reduction, not the
    logical negation of a number.
    """
    module = _INITIAL.sub(r"  reg \1;\n  initial \2= \3;\n", module)
    return _with_defaults(_NOT.sub("= ~| ", module))


def _with_defaults(module: str) -> str:
    """The module with a default in every case that has none and does not say that it is full."""
    lines: list[str] = []
    lacking: list[bool] = []
    for line in module.split("\n"):
        word = line.strip()
        if word.startswith("casez ("):
            lacking.append("full_case" not in lines[-1])
        elif word == "default:":
            lacking[-1] = False
        elif word == "endcase" and lacking.pop():
            indent = line.removesuffix(word)
            lines += [f"{indent}  default:", f"{indent}      /* empty */;"]
        lines.append(line)
    return "\n".join(lines)
