"""Properties around a module, themselves a module: signals that a prover is told to keep at 1."""

from collections.abc import Mapping
from typing import Any, ClassVar

from amaranth.hdl import Module, Signal, Value, ValueLike
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Member, Out

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule


class Properties(RtlModule):
    """A module under proof, ``device``, and what is said of it.

    Ports: those of the device; ``watch``, which the prover raises in a cycle of its choice (a
    property of whatever is watched then is one of all); what :meth:`widths_inside`
    names, as ``inside_<path>`` with ``__`` for dots; and a bit per name in ``GIVEN``, ``HOLDS``
    and ``REACHES``, ``given_<name>`` and so on, each 0 until :meth:`state` drives it.

    A derived class names all three, with a sentence each, and states them in :meth:`describe`.
    """

    LATENCY = None
    DEVICE = "device"
    FREE: ClassVar[tuple[str, ...]] = ()
    """Modules below the device that may do anything: what holds does not depend on them"""
    GIVEN: ClassVar[Mapping[str, str]] = {}
    """What the surroundings keep to, by name"""
    HOLDS: ClassVar[Mapping[str, str]] = {}
    """What then holds in every cycle after a reset"""
    REACHES: ClassVar[Mapping[str, str]] = {}
    """What happens in some run, so that the others speak of something"""

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        self.device = device = self.module(config)
        self.module_name = f"properties_of_{device.module_name}"
        members: dict[str, Member] = {**device.signature.members, "watch": In(1)}
        widths = self.widths_inside().items()
        members |= {port_inside(path): In(width) for path, width in widths}
        for kind, names in self.statements().items():
            members |= {f"{kind}_{name}": Out(1) for name in names}
        super().__init__(members)

    @classmethod
    def module(cls, config: MachineConfig) -> RtlModule:
        """The device."""
        raise NotImplementedError

    def widths_inside(self) -> Mapping[str, int]:
        """Signals inside the device that helping properties speak of: their paths, with widths."""
        return {}

    @classmethod
    def statements(cls) -> dict[str, Mapping[str, str]]:
        """All names with their sentences, by kind."""
        return {"given": cls.GIVEN, "holds": cls.HOLDS, "reaches": cls.REACHES}

    def elaborate(self, platform: object) -> Module:
        m = Module()
        self.inner = device = self.instantiate(m, self.DEVICE, self.device)
        signature = self.device.signature
        for path, member, inner in signature.flatten(device):
            outer = self
            for step in path:
                outer = getattr(outer, step) if isinstance(step, str) else outer[step]
            m.d.comb += inner.eq(outer) if member.flow is wiring.In else outer.eq(inner)
        self.describe(m)
        return m

    def describe(self, m: Module) -> None:
        """Adds what drives the statements."""
        raise NotImplementedError

    def inside(self, path: str) -> Signal:
        """One of the signals that :meth:`widths_inside` names."""
        signal: Signal = getattr(self, port_inside(path))
        return signal

    def state(self, m: Module, kind: str, **conditions: ValueLike) -> None:
        """Drives statements of a kind, each by what must be true (or come true once)."""
        m.d.comb += [
            getattr(self, f"{kind}_{name}").eq(Value.cast(condition).any())
            for name, condition in conditions.items()
        ]


def port_inside(path: str) -> str:
    """The port that a signal inside the device comes in by."""
    return f"inside_{path.replace('.', '__')}"


def implies(condition: Any, conclusion: Any) -> Value:
    """1 unless ``condition`` is 1 and ``conclusion`` 0."""
    return ~condition.bool() | conclusion.bool()


def stays(m: Module, name: str, valid: Any, ready: Any, payload: ValueLike = 0) -> Value:
    """That an offer stays, and what it offers, until it is taken."""
    value = Value.cast(payload)
    waits, before = Signal(name=f"{name}_waits"), Signal.like(value, name=f"{name}_before")
    m.d.sync += [waits.eq(valid & ~ready), before.eq(value)]
    return implies(waits, valid & (value == before))
