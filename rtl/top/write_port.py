"""The write port: whose block goes to memory, and whose writes memory has."""

from amaranth.hdl import Module, Mux, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi import transfer_layout

CLIENTS = ("products", "output", "vector")
"""The store of products, that of the output stage, that of the vector unit. The first of those that
want the port in a cycle goes first."""
OWNER_BITS = 2


class WritePort(RtlModule):
    """Lends the port for a block at a time, to the first in :data:`CLIENTS` that wants it.

    Ports: of each client ``wants`` (but of the last, which none waits for), ``may_write``, and
    ``writes`` while the port is its; ``commands`` and ``words`` to the writer then go on to
    ``commands`` and ``words``. Each is told when memory ``completed`` one of its commands.
    ``response_of`` is the client whose command memory has yet to complete, the oldest one, in the
    cycle before: of whose write an error tells that shows in this one.
    """

    LATENCY = 0
    module_name = "ditto_write_port"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        commands = stream.Signature(transfer_layout())
        words = stream.Signature(unsigned(config.bus_bits))
        super().__init__(
            {
                **{f"{client}_wants": In(1) for client in CLIENTS[:-1]},
                **{f"{client}_may_write": Out(1) for client in CLIENTS},
                **{f"{client}_writes": In(1) for client in CLIENTS},
                **{f"{client}_commands": In(commands) for client in CLIENTS},
                **{f"{client}_words": In(words) for client in CLIENTS},
                **{f"{client}_completed": Out(1) for client in CLIENTS},
                "commands": Out(commands),
                "words": Out(words),
                "completed": In(1),
                "response_of": Out(unsigned(OWNER_BITS)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.d.comb += [
            self.products_may_write.eq(~self.output_writes & ~self.vector_writes),
            self.output_may_write.eq(
                ~self.products_wants & ~self.products_writes & ~self.vector_writes
            ),
            self.vector_may_write.eq(
                ~self.products_wants
                & ~self.products_writes
                & ~self.output_wants
                & ~self.output_writes
            ),
        ]
        # The store of products has its first command taken before it writes.
        turn = Signal(OWNER_BITS)
        m.d.comb += turn.eq(Mux(self.output_writes, 1, Mux(self.vector_writes, 2, 0)))
        with m.Switch(turn):
            for number, client in enumerate(CLIENTS):
                with m.Case(number):
                    for kind in ("commands", "words"):
                        port, own = getattr(self, kind), getattr(self, f"{client}_{kind}")
                        m.d.comb += [
                            port.payload.eq(own.payload),
                            port.valid.eq(own.valid),
                            own.ready.eq(port.ready),
                        ]
        # Whose commands memory has yet to complete, the oldest first.
        depth = self.config.outstanding_writes + 3
        owners = [Signal(OWNER_BITS, name=f"owner{n}", reset_less=True) for n in range(depth)]
        count, left = Signal(range(depth + 1)), Signal(range(depth + 1))
        accepted = self.commands.valid & self.commands.ready
        m.d.comb += left.eq(count - self.completed)
        m.d.sync += [count.eq(left + accepted), self.response_of.eq(owners[0])]
        for number, client in enumerate(CLIENTS):
            completed = getattr(self, f"{client}_completed")
            m.d.comb += completed.eq(self.completed & (owners[0] == number))
        for place, owner in enumerate(owners):
            with m.If(accepted & (left == place)):
                m.d.sync += owner.eq(turn)
            with m.Elif(self.completed):
                m.d.sync += owner.eq(owners[place + 1] if place + 1 < depth else 0)
        return m
