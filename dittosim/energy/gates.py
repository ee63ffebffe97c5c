"""A module's netlist, evaluated for many cycles at once: what each of its nets does.

All that a cycle of a module depends on is known from a recording: its inputs, what its children and
memories give it, and its registers. What lies between is computed gate by gate, 64 cycles a word.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dittosim.energy.functions import Bits, function_of, pins_of
from dittosim.silicon.liberty import Cell, Library
from golden.errors import DittosimError

Net = int | str
"""A number, or a constant: ``0``, ``1`` or ``x``"""
_DATA = "D"
"""Pin of flip-flops, as all libraries call it"""
_ABSENT = re.compile(r"^_\w*_$")
"""Names that Yosys made"""
CLOCKS = ("clk", "RD_CLK", "WR_CLK")
"""Ports that are clocks, also of memories and children"""


@dataclass(frozen=True)
class Source:
    """A bit that a recording is to have."""

    name: str
    """Of a port or wire, as Verilog has it without escapes; of children ``CHILD.PORT``"""
    bit: int
    width: int
    """Bits of the port or wire"""


@dataclass(frozen=True)
class Gate:
    """An output of a standard cell that holds nothing."""

    instance: str
    pin: str
    function: str
    inputs: Mapping[str, Net]
    net: int


@dataclass(frozen=True)
class Gates:
    """A mapped module, its children and memories being ports."""

    name: str
    inputs: Mapping[int, Source]
    """Nets that come from outside, clocks apart"""
    registers: Mapping[int, Source]
    """Nets that hold what a flip-flop does"""
    inverses: Mapping[int, int]
    """Nets that hold its inverse, and which net that is of"""
    next_states: Mapping[int, tuple[Net, bool]]
    """Of each register what it takes at the end of a cycle, and whether it shows the inverse"""
    outputs: Mapping[str, Sequence[Net]]
    """Of children and memories the inputs, ``CHILD.PORT``; lowest bit first"""
    drivers: Mapping[int, str]
    """Pin (``INSTANCE/PIN``) or port (``PORT[BIT]``) that drives a net"""
    ports: frozenset[int]
    """Nets that ports drive"""
    gates: Sequence[Gate]
    """Each behind those that it needs"""

    @cached_property
    def sources(self) -> list[Source]:
        """All that must be recorded, each once."""
        return list(dict.fromkeys([*self.inputs.values(), *self.registers.values()]))

    def evaluate(self, recorded: Mapping[Source, Bits]) -> dict[Net, Bits]:
        """Every net, from arrays of one shape for :attr:`sources`."""
        values: dict[Net, Bits] = {}
        for net, source in [*self.inputs.items(), *self.registers.items()]:
            values[net] = recorded[source]
        shape = next(iter(recorded.values())).shape if recorded else (0,)
        zero = np.zeros(shape, np.uint64)
        values |= {"0": zero, "1": ~zero, "x": zero}
        for net, of in self.inverses.items():
            values[net] = ~values[of]
        for gate in self.gates:
            pins = {pin: values[net] for pin, net in gate.inputs.items()}
            found = function_of(gate.function)(pins)
            values[gate.net] = np.broadcast_to(found, shape)
        return values


def read_gates(path: Path, name: str, library: Library) -> Gates:
    """Reads what Yosys wrote as JSON; DittosimError if a cell does more than a gate or register."""
    module = json.loads(path.read_text())["modules"][name]
    names = _names(module["netnames"])
    inputs: dict[int, Source] = {}
    outputs: dict[str, list[Net]] = {}
    drivers: dict[int, str] = {}
    for port, given, bits in _ports(module, library):
        if not given:
            outputs[port] = bits
        for bit, net in enumerate(bits if given else []):
            drivers[net] = f"{port}[{bit}]" if len(bits) > 1 else port
            if port.rpartition(".")[2] not in CLOCKS:
                inputs[net] = Source(port, bit, len(bits))
    ports = frozenset(drivers)
    registers: dict[int, Source] = {}
    inverses: dict[int, int] = {}
    next_states: dict[int, tuple[Net, bool]] = {}
    gates: list[Gate] = []
    for instance, about in module["cells"].items():
        cell = library.cells.get(about["type"])
        if cell is None:
            continue
        nets = {pin: bits[0] for pin, bits in about["connections"].items() if bits}
        driven = {pin: nets[pin] for pin in cell.functions if isinstance(nets.get(pin), int)}
        for pin, net in driven.items():
            drivers[net] = f"{instance}/{pin}"
        if cell.latch:
            raise DittosimError(f"{name}: a netlist with latches cannot be replayed")
        if cell.flip_flop:
            main, inverted = _register(name, cell, driven, names)
            registers[main] = names[main]
            next_states[main] = nets[_DATA], inverted
            inverses |= {net: main for net in driven.values() if net != main}
            continue
        for pin, net in driven.items():
            function = cell.functions[pin]
            needed = {each: nets.get(each, "x") for each in pins_of(function)}
            gates.append(Gate(instance, pin, function, needed, net))
    return Gates(
        name,
        inputs,
        registers,
        inverses,
        next_states,
        outputs,
        drivers,
        ports,
        list(_in_order(gates, {*inputs, *ports, *registers, *inverses}, name)),
    )


def _ports(module: Mapping[str, Any], library: Library) -> Iterator[tuple[str, bool, list[Any]]]:
    """Ports of a module and of what is in it, whether they give the module something, their nets.

    Those of children and memories are called ``CHILD.PORT``.
    """
    for port, about in module["ports"].items():
        if about["direction"] == "input":
            yield port, True, about["bits"]
    for instance, cell in module["cells"].items():
        if cell["type"] not in library.cells:
            for port, bits in cell["connections"].items():
                yield f"{instance}.{port}", cell["port_directions"][port] == "output", bits


def _names(netnames: Mapping[str, Any]) -> dict[int, Source]:
    """A name from the Verilog for each net that has one: the shortest, without dots if it can be.

    Those with dots are parts of others, or lie in what was flattened.
    """
    found: dict[int, Source] = {}
    for name in sorted(netnames, key=lambda each: ("." not in each, -len(each), each)):
        about = netnames[name]
        if about["hide_name"] or _ABSENT.search(name):
            continue
        for bit, net in enumerate(about["bits"]):
            if isinstance(net, int):
                found[net] = Source(name.removeprefix("\\"), bit, len(about["bits"]))
    return found


def _register(
    name: str, cell: Cell, driven: Mapping[str, int], names: Mapping[int, Source]
) -> tuple[int, bool]:
    """The output of a flip-flop that has a name in the Verilog, and whether it is the inverse."""
    for pin, net in driven.items():
        if net in names:
            # The inverse has the longer name in all libraries: IQ and IQN, Q and Q_N.
            return net, cell.functions[pin] != min(cell.functions.values(), key=len)
    raise DittosimError(f"{name}: a register of its netlist has no name in the Verilog")


def _in_order(gates: Sequence[Gate], known: set[int], name: str) -> Iterator[Gate]:
    """Each behind those that it needs."""
    by_net = {gate.net: gate for gate in gates}
    done: set[Net] = {*known, "0", "1", "x"}
    for first in gates:
        waiting = [first]
        while waiting:
            gate = waiting[-1]
            missing = [net for net in gate.inputs.values() if net not in done]
            if gate.net in done:
                waiting.pop()
            elif not missing:
                done.add(waiting.pop().net)
                yield gate
            elif missing[0] not in by_net or by_net[missing[0]] in waiting:
                raise DittosimError(f"{name}: what drives a net of its netlist cannot be told")
            else:
                waiting.append(by_net[missing[0]])
