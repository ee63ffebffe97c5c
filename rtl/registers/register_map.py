"""The registers of rtl/registers/registers.rdl, as the RTL and the driver need them."""

from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib import resources
from typing import Any

from systemrdl import RDLCompiler
from systemrdl.node import AddrmapNode, FieldNode, RegNode

WORD_BYTES = 4
ADDRESS_BITS = 12
"""Width of the addresses of the register file."""


class Kind(Enum):
    """What a field is in hardware."""

    CONSTANT = "read as its reset value"
    INPUT = "read from the hardware"
    OUTPUT = "written by software, seen by the hardware"
    PULSE = "one cycle for the hardware when software writes 1"
    INTERRUPT = "set by the hardware, cleared when software writes 1"
    COUNTER = "incremented by the hardware"


@dataclass(frozen=True)
class Field:
    """Bits of a register."""

    name: str
    low: int
    """Its lowest bit in the register."""
    width: int
    reset: int
    kind: Kind
    port: str
    """Name of its port in hardware, ``register_field``."""
    port_bits: int
    enabled_by: str
    """Port of the field that lets this interrupt through, if it is one."""
    description: str
    choices: dict[int, tuple[str, str]]
    """Name and description of each value that has one."""


@dataclass(frozen=True)
class Register:
    """A register of one or two words."""

    name: str
    address: int
    words: int
    fields: tuple[Field, ...]

    def __getitem__(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)


@cache
def address_map() -> AddrmapNode:
    """The compiled SystemRDL."""
    compiler = RDLCompiler()
    with resources.as_file(resources.files("rtl.registers").joinpath("registers.rdl")) as path:
        compiler.compile_file(str(path))
    return compiler.elaborate().top


@cache
def registers() -> dict[str, Register]:
    """All registers by name, in the order of their addresses."""
    nodes = (node for node in address_map().registers() if isinstance(node, RegNode))
    return {node.inst_name: _register(node) for node in nodes}


def counters() -> dict[str, Register]:
    """The registers that count, by name."""
    names = ("CYCLES", "VECTOR_", "BYTES_", "LAYER_", "QUEUE_DONE")
    return {name: register for name, register in registers().items() if name.startswith(names)}


def error_codes() -> dict[int, tuple[str, str]]:
    """Name and description of every value of ERROR_CODE."""
    return registers()["ERROR_CODE"]["code"].choices


def _register(node: RegNode) -> Register:
    words = node.size // WORD_BYTES
    fields = tuple(_field(field) for field in node.fields())
    return Register(node.inst_name, node.absolute_address, words, fields)


def _field(node: FieldNode) -> Field:
    kind = _kind(node)
    reset: Any = node.get_property("reset")
    encode: Any = node.get_property("encode")
    enable: Any = node.get_property("enable") if kind is Kind.INTERRUPT else None
    choices = {}
    for member in encode or ():
        choices[member.value] = (member.name, member.rdl_desc or "")
    return Field(
        name=node.inst_name,
        low=node.low,
        width=node.width,
        reset=reset or 0,
        kind=kind,
        port=_port(node),
        port_bits=(node.get_property("incrwidth") or 1) if kind is Kind.COUNTER else node.width,
        enabled_by=_port(enable) if enable else "",
        description=node.get_property("desc") or "",
        choices=choices,
    )


def _port(node: FieldNode) -> str:
    return f"{node.parent.inst_name}_{node.inst_name}".lower()


def _kind(node: FieldNode) -> Kind:
    if node.get_property("counter"):
        return Kind.COUNTER
    if node.get_property("intr"):
        return Kind.INTERRUPT
    if node.get_property("singlepulse"):
        return Kind.PULSE
    if node.is_sw_writable:
        return Kind.OUTPUT
    return Kind.INPUT if node.is_hw_writable else Kind.CONSTANT
