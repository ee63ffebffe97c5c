"""The machine: the core behind its AXI4 engines."""

from amaranth.hdl import Module, unsigned
from amaranth.lib.wiring import In, Out

from golden.config import MachineConfig
from rtl.accelerator_layouts import ADDRESS_BITS
from rtl.axi import pass_through, read_ports, write_ports
from rtl.axi_reader import AxiReader
from rtl.axi_writer import AxiWriter
from rtl.core import Core
from rtl.counters import counters_layout
from rtl.module import RtlModule


class Machine(RtlModule):
    """The accelerator except its registers.

    Ports: ``go``, ``base``, ``count``, ``busy``, ``finished``, ``error``, ``number`` and
    ``counters`` of :class:`rtl.core.Core`; the AXI4 master ``m_axi_*``. ``go`` also forgets what
    errors memory answered with before; ``error_address`` is the burst of the first one.
    """

    module_name = "ditto_machine"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "go": In(1),
                "base": In(unsigned(ADDRESS_BITS)),
                "count": In(unsigned(16)),
                "busy": Out(1),
                "finished": Out(1),
                "error": Out(unsigned(4)),
                "number": Out(unsigned(16)),
                "error_address": Out(unsigned(ADDRESS_BITS)),
                "counters": Out(counters_layout()),
                **read_ports(config),
                **write_ports(config),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        core = self.instantiate(m, "core", Core(config))
        reader = self.instantiate(m, "reader", AxiReader(config))
        writer = self.instantiate(m, "writer", AxiWriter(config))
        for name in ("go", "base", "count"):
            m.d.comb += getattr(core, name).eq(getattr(self, name))
        for name in ("busy", "finished", "error", "number", "counters"):
            m.d.comb += getattr(self, name).eq(getattr(core, name))
        pass_through(m, self, reader, read_ports(config))
        pass_through(m, self, writer, write_ports(config))
        clear = self.go & ~core.busy
        m.d.comb += [
            reader.clear_error.eq(clear),
            writer.clear_error.eq(clear),
            reader.i.payload.eq(core.read_commands.payload),
            reader.i.valid.eq(core.read_commands.valid),
            core.read_commands.ready.eq(reader.i.ready),
            core.read_data.payload.eq(reader.o.payload),
            core.read_data.valid.eq(reader.o.valid),
            reader.o.ready.eq(core.read_data.ready),
            core.read_error.eq(reader.error),
            writer.i.payload.eq(core.write_commands.payload),
            writer.i.valid.eq(core.write_commands.valid),
            core.write_commands.ready.eq(writer.i.ready),
            writer.data.payload.eq(core.write_data.payload),
            writer.data.valid.eq(core.write_data.valid),
            core.write_data.ready.eq(writer.data.ready),
            writer.done.ready.eq(1),
            core.completed.eq(writer.done.valid),
            core.write_error.eq(writer.error),
        ]
        with m.If(reader.error):
            m.d.comb += self.error_address.eq(reader.error_address)
        with m.Else():
            m.d.comb += self.error_address.eq(writer.error_address)
        return m
