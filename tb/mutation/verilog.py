"""The emitted Verilog as statements: what each sets, to what, under which conditions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

MODULE = re.compile(r"^module (\w+)\b[^;]*;\n[\s\S]*?^endmodule", re.MULTILINE)

_NAME = r"(?:\\\S+ |[A-Za-z_]\w*)"
_DECLARATION = re.compile(
    rf"^  (?:input|output|wire|reg) (?:\[(\d+):0\] )?({_NAME}) ?(?:= [^;]+)?;$", re.MULTILINE
)
_OUTPUT = re.compile(rf"^  output (?:reg )?(?:\[[^]]+\] )?({_NAME})", re.MULTILINE)
_TARGET = rf"({_NAME} ?(?:\[[^]]+\])?)"
_FORMS = {
    "assign": re.compile(rf"  assign {_TARGET} *= (.*);"),
    "update": re.compile(rf" +{_TARGET} *<= (.*);"),
    "set": re.compile(rf"    +{_TARGET} *= (.*);"),
    "port": re.compile(r"    \.(\\\S+ |[a-z_]\w*)\((.*)\),?"),
}
_CONDITION = re.compile(r" *(?:end else )?if \((.*?)\)(?: begin| [^()]* <= .*;)?")
_CASE = re.compile(r" *casez? \((.*)\)")
_ELSE_OR_CASE = re.compile(r" *(?:end else begin|casez? \(.*\)|[^ ]+:)")
NAME = re.compile(r"\\\S+ |(?<![\w'$])[A-Za-z_]\w*")
NUMBERED = re.compile(r"\\(?:\S*)\$\d+ ")
_INSTANCE = re.compile(r"  (ditto_\w+) (?:#|\S+ +)\(")
DEPTH, LONG = 2, 200
"""How deep, and up to which length, definitions stand for names that only have numbers"""


@dataclass(frozen=True)
class Statement:
    """A statement of one line, a condition, or what is joined to a port of an instance."""

    line: int
    """In the module, from 0"""
    form: str
    """``assign``, ``update`` (clocked), ``set`` (combinational), ``condition``, ``port``"""
    target: str
    """What it sets, or the port; empty for a condition"""
    expression: str
    path: tuple[str, ...] = ()
    """The conditions that it stands under, the outermost first"""
    instance: str = ""
    """Module whose port it is"""

    @property
    def base(self) -> str:
        """Name of what it sets, without brackets."""
        return self.target.split("[")[0].strip()


@dataclass(frozen=True)
class ModuleText:
    """A module of the emitted Verilog."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """Its lines."""
        return self.text.splitlines()

    @cached_property
    def widths(self) -> dict[str, int]:
        """Bits of each signal."""
        return {name.strip(): int(high or 0) + 1 for high, name in _DECLARATION.findall(self.text)}

    @cached_property
    def outputs(self) -> set[str]:
        """Its output ports."""
        return {name.strip() for name in _OUTPUT.findall(self.text)}

    @cached_property
    def statements(self) -> list[Statement]:
        """All of them, from top to bottom."""
        return list(_statements(self.lines))

    @cached_property
    def live(self) -> set[str]:
        """Signals that an output, a condition or another module's instance depends on."""
        live = set(self.outputs)
        sources: dict[str, set[str]] = {}
        for each in self.statements:
            names = names_in(each.expression) | names_in(each.target.partition("[")[2])
            if each.form in ("condition", "port"):
                live |= names
            else:
                sources.setdefault(each.base, set()).update(names)
        for line in self.lines:
            if case := _CASE.fullmatch(line):
                live |= names_in(case[1])
        waiting = list(live)
        while waiting:
            new = sources.get(waiting.pop(), set()) - live
            live |= new
            waiting += new
        return live

    def width(self, target: str) -> int:
        """Bits of what a statement sets; 0 where that is not known."""
        base, _, index = target.partition("[")
        if not index:
            return self.widths.get(base.strip(), 0)
        bits = re.fullmatch(r"(\d+)(?::(\d+))?\]", index)
        if bits is None or base.strip() not in self.widths:  # a word of a memory
            return 0
        return int(bits[1]) - int(bits[2] or bits[1]) + 1

    def register_of(self, line: int) -> str:
        """The register whose next value a line sets; empty if it sets none."""
        for each in self.statements:
            if each.line == line and each.form in ("set", "update"):
                meaning = self._meanings.get(each.target.strip(), f"next_{each.target.strip()}")
                return meaning.removeprefix("next_") if meaning.startswith("next_") else ""
        return ""

    def readable(self, text: str) -> str:
        """The text with definitions for names that are numbers, which change with every edit."""
        for _ in range(DEPTH):
            longer = NUMBERED.sub(lambda name: self._meaning(name[0]), text)
            if longer == text or len(longer) > LONG:
                break
            text = longer
        return re.sub(r"\s+", " ", NUMBERED.sub("_ ", text)).strip()

    def _meaning(self, name: str) -> str:
        text = self._meanings.get(name.strip(), name)
        return text if NAME.fullmatch(text) or text == name else f"({text})"

    @cached_property
    def _meanings(self) -> dict[str, str]:
        meanings: dict[str, str] = {}
        for each in self.statements:
            if each.form == "assign" and "[" not in each.target:
                meanings[each.target.strip()] = each.expression
        for each in self.statements:
            if each.form == "update" and not each.path and NAME.fullmatch(each.expression):
                meanings.setdefault(each.expression.strip(), f"next_{each.target.strip()}")
        return meanings


def modules_of(verilog: str) -> dict[str, ModuleText]:
    """The modules of a design, by name."""
    return {match[1]: ModuleText(match[1], match[0]) for match in MODULE.finditer(verilog)}


def names_in(text: str) -> set[str]:
    """Signals that an expression names."""
    return {name.strip() for name in NAME.findall(text)}


def _statements(lines: list[str]) -> Iterator[Statement]:
    path: list[tuple[int, str]] = []
    instance = ""
    initial = False
    for number, line in enumerate(lines):
        if initial or line.startswith("  initial"):
            initial = line.endswith("begin") if not initial else line != "  end"
            continue
        if found := _INSTANCE.fullmatch(line):
            instance = found[1]
        for form, pattern in _FORMS.items():
            if match := pattern.fullmatch(line):
                conditions = tuple(text for _, text in path)
                owner = instance if form == "port" else ""
                yield Statement(number, form, _named(match[1]), match[2], conditions, owner)
                break
        else:
            indent = len(line) - len(line.lstrip())
            if line.strip():
                path = [one for one in path if one[0] < indent]
            if match := _CONDITION.fullmatch(line):
                conditions = tuple(text for _, text in path)
                yield Statement(number, "condition", "", match[1], conditions)
            if match or _ELSE_OR_CASE.fullmatch(line):
                path.append((indent, line.strip().removeprefix("end ").removesuffix(" begin")))


def _named(target: str) -> str:
    """A target with the one space that ends an escaped name, and no other."""
    target = target.rstrip()
    return f"{target} " if target.startswith("\\") and "[" not in target else target
