"""The read port: who asks memory for something in a cycle."""

from amaranth.hdl import Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout
from rtl.scheduler.layouts import tag_layout

CLIENTS = ("queue", "output", "loader", "vector")
"""The first of those that ask in a cycle goes first. A descriptor is short, and what follows waits
for it; an output stage holds up the product behind it; the array is not to wait for the vector
unit's two halves of room."""


class ReadPort(RtlModule):
    """Lets one client after the other ask; none is bound to go on with what it offered.

    Ports: of each client ``commands`` and ``tags``, offered and taken in the same cycle: it offers
    either only if the other is ``ready``. ``commands`` to the reader, ``tags`` to the receiver.
    """

    LATENCY = 0
    module_name = "ditto_read_port"

    def __init__(self) -> None:
        commands, tags = stream.Signature(transfer_layout()), stream.Signature(tag_layout())
        super().__init__(
            {
                **{f"{client}_commands": In(commands) for client in CLIENTS},
                **{f"{client}_tags": In(tags) for client in CLIENTS},
                "commands": Out(commands),
                "tags": Out(tags),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        earlier = None
        for client in CLIENTS:
            commands, tags = getattr(self, f"{client}_commands"), getattr(self, f"{client}_tags")
            free = Signal(name=f"{client}_free")
            m.d.comb += [
                free.eq(1 if earlier is None else ~earlier),
                commands.ready.eq(self.commands.ready & free),
                tags.ready.eq(self.tags.ready & free),
            ]
            asked = Signal(name=f"{client}_asked")
            m.d.comb += asked.eq(commands.valid | (0 if earlier is None else earlier))
            earlier = asked
        for client in reversed(CLIENTS):
            commands, tags = getattr(self, f"{client}_commands"), getattr(self, f"{client}_tags")
            with m.If(commands.valid):
                m.d.comb += [self.commands.valid.eq(1), self.commands.payload.eq(commands.payload)]
            with m.If(tags.valid):
                m.d.comb += [self.tags.valid.eq(1), self.tags.payload.eq(tags.payload)]
        return m
