"""The accelerator: the core between its AXI4 engines, behind its registers."""

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib.wiring import Out

from golden.accelerator.counters import CAUSES, KINDS, VECTOR_CAUSES
from golden.accelerator.units import Units
from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.blocks.ram import Ram
from rtl.blocks.streams import joined
from rtl.bus.axi import pass_through, read_ports, write_ports
from rtl.bus.axi_reader import AxiReader
from rtl.bus.axi_writer import AxiWriter
from rtl.registers.register_file import RegisterFile, slave_ports
from rtl.top.core import Core


class Accelerator(RtlModule):
    """The whole accelerator.

    Ports: ``s_axi_*``, AXI4-Lite slave of the registers (docs/registers.md); ``m_axi_*``, AXI4
    master to memory; ``irq``. How to drive it is in docs/accelerator.md, its timing contract in
    docs/timing.md.
    """

    module_name = "ditto_accelerator"

    @classmethod
    def check(cls, config: MachineConfig) -> None:
        """See :meth:`golden.accelerator.units.Units.of`."""
        Units.of(config)

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "irq": Out(1),
                **slave_ports(),
                **read_ports(config),
                **write_ports(config),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        registers = self.instantiate(m, "registers", RegisterFile(config))
        core = self.instantiate(m, "core", Core(config))
        reader = self.instantiate(m, "reader", AxiReader(config))
        writer = self.instantiate(m, "writer", AxiWriter(config))
        pass_through(m, self, registers, slave_ports())
        pass_through(m, self, reader, read_ports(config))
        pass_through(m, self, writer, write_ports(config))
        go = Signal()
        m.d.comb += [
            go.eq(registers.ctrl_start & ~core.status.busy),
            self.irq.eq(registers.irq),
            core.go.eq(go),
            core.abort.eq(registers.ctrl_abort),
            core.base.eq(registers.queue_base_address),
            core.count.eq(registers.queue_count_count),
            core.defo_step.eq(registers.defo_step),
            core.defo_plus.eq(registers.defo_plus),
            core.defo_index.eq(registers.defo_index_entry),
            # The core keeps the first error of every unit: each one is to show.
            reader.clear_error.eq(go | reader.error),
            writer.clear_error.eq(go | writer.error),
            *joined(core.read_commands, reader.i),
            *joined(reader.o, core.read_data),
            *joined(core.write_commands, writer.i),
            *joined(core.write_data, writer.data),
            writer.done.ready.eq(1),
            core.completed.eq(writer.done.valid),
        ]
        if config.scratchpad_bytes:
            self._scratchpad(m, reader, writer)
        for engine, port in ((reader, core.read_error), (writer, core.write_error)):
            m.d.comb += [
                port.error.eq(engine.error),
                port.response.eq(engine.error_response),
                port.address.eq(engine.error_address),
            ]
        self._report(m, registers, core, go)
        return m

    def _scratchpad(self, m: Module, reader: Any, writer: Any) -> None:
        """On-chip memory at the addresses below those of memory, for both engines."""
        bits, words = self.config.bus_bits, self.config.scratchpad_bytes // self.config.bus_bytes
        scratchpad = self.instantiate(m, "scratchpad", Ram(bits, words))
        m.d.comb += [
            scratchpad.read.eq(reader.scratchpad_read),
            scratchpad.read_address.eq(reader.scratchpad_read_word),
            reader.scratchpad_o.eq(scratchpad.o),
            scratchpad.write.eq(writer.scratchpad_write),
            scratchpad.write_address.eq(writer.scratchpad_write_word),
            scratchpad.write_data.eq(writer.scratchpad_data),
        ]

    def _report(self, m: Module, registers: Any, core: Any, go: Signal) -> None:
        """What software sees."""
        status, events = core.status, core.events
        m.d.comb += [
            registers.clear_counters.eq(go),
            registers.status_busy.eq(status.busy),
            registers.status_done.eq(status.done),
            registers.status_error.eq(status.error),
            registers.irq_status_done.eq(status.finished),
            registers.irq_status_error.eq(status.failed),
            registers.irq_status_layer.eq(status.layer_done),
            registers.error_code_code.eq(status.code),
            registers.error_descriptor_index.eq(status.number),
            registers.error_address_address.eq(status.address),
            registers.queue_done_count.eq(status.layers),
            registers.layer_cycles_count.eq(status.layer_cycles),
            registers.cycles_count.eq(status.busy),
            registers.defo_first_count.eq(core.defo_entry.first),
            registers.defo_temporal_count.eq(core.defo_entry.temporal),
            registers.defo_mode_mode.eq(core.defo_entry.mode),
        ]
        for cause in CAUSES:
            counter = getattr(registers, f"cycles_{cause}_count")
            m.d.comb += counter.eq(getattr(events.causes, cause))
        for cause in VECTOR_CAUSES:
            counter = getattr(registers, f"vector_{cause}_count")
            m.d.comb += counter.eq(getattr(events.vector, cause))
        for kind in KINDS:
            counter = getattr(registers, f"bytes_{kind}_count")
            moved = getattr(events.words, kind)
            m.d.comb += counter.eq(Mux(moved, self.config.bus_bytes, 0))
