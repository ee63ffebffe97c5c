"""Modules that are emitted once, however often they are instantiated."""

from collections.abc import Mapping, Sequence
from typing import Any

from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, ValueLike
from amaranth.lib import wiring

from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind


class RtlModule(wiring.Component):
    """A component whose children become instances of separately emitted modules.

    Amaranth writes one Verilog module per instance; here each distinct module is written once
    (:mod:`rtl.emission.emit`), under its :attr:`module_name`.
    """

    module_name: str
    verilog: str | None = None
    """The module itself, if it is written in Verilog; it is then not elaborated."""
    parameters: Mapping[str, int] = {}
    """Values of its Verilog parameters, with which it is instantiated."""

    tiles: Sequence[TileKind] = tuple(TileKind)
    """Kinds of tiles whose machines have such a module."""

    @classmethod
    def check(cls, config: MachineConfig) -> None:
        """DittosimError if this module cannot be made of ``config``; asked before it is."""

    @property
    def children(self) -> list["RtlModule"]:
        """The distinct modules instantiated so far; filled while elaborating."""
        return list(self.__dict__.get("_children", {}).values())

    def instantiate(
        self,
        m: Module,
        name: str,
        child: "RtlModule",
        inputs: Mapping[str, ValueLike] | None = None,
    ) -> Any:
        """Adds an instance of ``child`` to this module's ``m`` and returns its interface.

        The interface's signals belong to ``m``; it lacks the input ports in ``inputs``, which are
        connected to the given values directly. One ``child`` may be instantiated many times.
        """
        inputs = inputs or {}
        given = {f"i_{port}": value for port, value in inputs.items()}
        # Signals only for ports that are used: thousands of columns share their wide inputs.
        members = {n: member for n, member in child.signature.members.items() if n not in inputs}
        signature = wiring.Signature(members)
        interface = signature.create(path=(name,))
        arguments = {"i_clk": ClockSignal(), "i_rst": ResetSignal(), **given}
        arguments |= {f"p_{parameter}": value for parameter, value in child.parameters.items()}
        for path, member, signal in signature.flatten(interface):
            direction = "i" if member.flow is wiring.In else "o"
            arguments[f"{direction}_{'__'.join(map(str, path))}"] = signal
        m.submodules[name] = Instance(child.module_name, **arguments)
        children = self.__dict__.setdefault("_children", {})
        if children.setdefault(child.module_name, child) is not child:
            child._MustUse__silence = True  # another of that name is emitted
        return interface
