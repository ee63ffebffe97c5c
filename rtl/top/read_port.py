"""The read port: who asks memory for something in a cycle."""

from collections.abc import Mapping
from typing import Any

from amaranth.hdl import Module, Signal


def share_reads(
    m: Module, clients: Mapping[str, tuple[Any, Any]], commands: Any, tags: Any
) -> None:
    """Lets the first of ``clients`` that asks in a cycle ask; none is bound to what it offered.

    Each has commands and tags, offered and taken in the same cycle: it offers either only if the
    other is ready. Those that are taken go to ``commands`` and ``tags``.
    """
    earlier = Signal(name="none_asks_before")
    for name, (own_commands, own_tags) in clients.items():
        free, asks = Signal(name=f"{name}_free"), Signal(name=f"{name}_asks")
        m.d.comb += [
            free.eq(~earlier),
            asks.eq(earlier | own_commands.valid),
            own_commands.ready.eq(commands.ready & free),
            own_tags.ready.eq(tags.ready & free),
        ]
        earlier = asks
    for own_commands, own_tags in reversed(list(clients.values())):
        with m.If(own_commands.valid):
            m.d.comb += [commands.valid.eq(1), commands.payload.eq(own_commands.payload)]
        with m.If(own_tags.valid):
            m.d.comb += [tags.valid.eq(1), tags.payload.eq(own_tags.payload)]
