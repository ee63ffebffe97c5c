"""Proves that a mutant is the same machine, by Yosys: a miter of the module and its mutant.

Instances are cut out: what they give becomes an input, what they get an output. What a stream or a
channel of a bus carries counts only beside a valid bit that is 1. First each
register is cut, too, and one step compared, which is soon done and decides most. Then induction
over time, from the initial values, within a time limit; what is not proven then is not equivalent
for all that is known here.
"""

import resource
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from golden.errors import DittosimError
from rtl.emission.emit import Emission
from tb.harness.tools import YOSYS, tool
from tb.mutation.mutants import Mutant
from tb.mutation.verilog import ModuleText, modules_of
from tb.mutation.vouching import vouched

STEPS = 8
"""Of induction, at most"""
SECONDS = 60
"""Of a processor, whatever else it has to do: for either of the two proofs"""

_READ = """
read_verilog -sv {file}
hierarchy -top {module}
proc
memory_map
setattr -mod -unset keep_hierarchy {module}
expose -evert {module}/t:*
{registers}
opt_clean
rename {module} {name}
design -stash {name}
"""
_PROVE = """
design -copy-from gold -as gold gold
design -copy-from gate -as gate gate
miter -equiv -flatten -make_outputs gold gate miter
hierarchy -top miter
opt -full
sat -verify {options} -prove trigger 0 miter
"""
_TOGETHER = "select -set others {module}/w:* {module}/w:{register} %d; expose -dff @others"
"""All registers but one are compared, too, so that induction need not think of what else differs"""
_STEP = {"registers": "expose -evert-dff {module}/t:*", "options": ""}
_INDUCTION = {
    "registers": _TOGETHER,
    "options": f"-tempinduct -maxsteps {STEPS}",
}

_NOT_PROVEN = ("proof did fail", "No matching port")
"""What Yosys says of machines that differ, or that do not even have the same registers"""


def is_equivalent(
    emission: Emission, mutant: Mutant, seconds: int = SECONDS, induction: bool = True
) -> bool:
    """Whether it is proven that the mutant's module does what it did, whatever is around it.

    ``seconds`` limits either of the two proofs; without ``induction`` only the first, which is soon
    done, is tried. DittosimError if Yosys is missing, or cannot read
    the module.
    """
    module = modules_of(emission.verilog)[mutant.module]
    shells = "\n".join(_shells(emission, module.name))
    with tempfile.TemporaryDirectory(prefix="dittosim-") as scratch:
        folder = Path(scratch)
        changed = ModuleText(module.name, mutant.text(module))
        for name, text in (("gold", module), ("gate", changed)):
            (folder / f"{name}.v").write_text(f"{vouched(text)}\n{shells}\n")
        # No register is called so: then all of them are compared.
        register = module.register_of(mutant.line).replace("\\", "").strip() or "none"
        return any(
            _proven(module.name, folder, how, seconds, register)
            for how in ((_STEP, _INDUCTION) if induction else (_STEP,))
        )


def _proven(
    module: str, folder: Path, how: dict[str, str], seconds: int, register: str = ""
) -> bool:
    registers = how["registers"].format(module=module, register=register)
    sides = (
        _READ.format(file=f"{name}.v", module=module, name=name, registers=registers)
        for name in ("gold", "gate")
    )
    script = folder / "prove.ys"
    script.write_text("".join(sides) + _PROVE.format(options=how["options"]))
    done = subprocess.run(
        [tool(*YOSYS), "-q", script.name],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1)),
    )
    if done.returncode < 0:  # ended by the limit
        return False
    said = done.stdout + done.stderr
    if done.returncode and not any(text in said for text in _NOT_PROVEN):
        last = said.strip().splitlines()[-1:] or ["no message"]
        raise DittosimError(f"Yosys cannot compare {module} with a mutant of it: {last[0]}")
    return done.returncode == 0


def _shells(emission: Emission, module: str) -> Iterator[str]:
    """The other modules, whose ports alone are of interest; as they are where widths vary."""
    described: Any = emission.manifest["modules"]
    for other in described:
        if other["name"] == module:
            continue
        ports = ", ".join(
            # Escaped: some are called like words of the language.
            f"{port['direction']} [{port['width'] - 1}:0] \\{port['name']} "
            for port in other["ports"]
        )
        text = modules_of(emission.verilog)[other["name"]].text
        if text.startswith(f"module {other['name']} #"):
            yield text
        else:
            yield f"(* blackbox *) module {other['name']}({ports}); endmodule"
