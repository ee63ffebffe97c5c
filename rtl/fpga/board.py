"""The accelerator with its memory, driven over a serial line: a design of five pins."""

from amaranth.hdl import Module, ResetSignal, Signal, Value
from amaranth.lib.wiring import In, Out

from golden.errors import DittosimError
from golden.machine.config import PAGE_BYTES, MachineConfig
from rtl.blocks.module import RtlModule
from rtl.bus.axi import read_ports, write_ports
from rtl.fpga.block_memory import LEAST_LATENCY, BlockMemory
from rtl.fpga.bridge import Bridge, host_ports
from rtl.fpga.uart import LEAST_BIT_CYCLES, UartReceiver, UartTransmitter
from rtl.registers.register_file import slave_ports
from rtl.registers.register_map import WORD_BYTES
from rtl.top.accelerator import Accelerator

MEMORY_BYTES = 128 << 10
"""Of the memory, unless told: on an ECP5-85F more than half of what the machine leaves"""
BIT_CYCLES = LEAST_BIT_CYCLES
"""Clock cycles of a bit, unless told: what simulations take; ``dittosim fpga`` tells another"""
RESET_CYCLES = 2
"""From the end of ``rst`` to the cycle in which the board listens"""


class Board(RtlModule):
    """The accelerator, ``memory_bytes`` of memory on chip, and a host's serial line.

    Ports: ``clk``; ``rst``, which need not be synchronous; ``rx`` and ``tx``, from and to the host,
    ``bit_cycles`` clock cycles to a bit; ``irq``. What the host says is that of
    :class:`rtl.fpga.bridge.Bridge`: it writes programs into memory, starts the machine at its
    registers and reads back what it left. The machine takes the cycles that sim says, as long as
    the host leaves the memory alone. It begins in reset, which nobody has to give.
    """

    LATENCY = None
    module_name = "ditto_board"

    @classmethod
    def check(
        cls,
        config: MachineConfig,
        memory_bytes: int = MEMORY_BYTES,
        bit_cycles: int = BIT_CYCLES,
    ) -> None:
        """DittosimError if machine, line, or a memory of that size and speed cannot be made."""
        Accelerator.check(config)
        if config.dram is not None:
            raise DittosimError(
                "dram: the board's memory is block RAM of fixed latency and rate; leave dram out"
            )
        if config.scratchpad_bytes:
            raise DittosimError(
                f"scratchpad_bytes = {config.scratchpad_bytes}: all memory of the board is on chip "
                "and begins at address 0; use 0"
            )
        if config.memory_latency < LEAST_LATENCY:
            raise DittosimError(
                f"memory_latency = {config.memory_latency}: the memory of the board takes at least "
                f"{LEAST_LATENCY} cycles"
            )
        if memory_bytes < PAGE_BYTES or memory_bytes.bit_count() > 1 or memory_bytes >> 31:
            raise DittosimError(
                f"memory of {memory_bytes} bytes: must be a power of two from {PAGE_BYTES} on, "
                "below 2 GiB"
            )
        if bit_cycles < LEAST_BIT_CYCLES:
            raise DittosimError(
                f"serial line of {bit_cycles} clock cycles to a bit: at least {LEAST_BIT_CYCLES}"
            )

    def __init__(
        self,
        config: MachineConfig,
        memory_bytes: int = MEMORY_BYTES,
        bit_cycles: int = BIT_CYCLES,
    ) -> None:
        self.config, self.memory_bytes, self.bit_cycles = config, memory_bytes, bit_cycles
        super().__init__({"rx": In(1), "tx": Out(1), "irq": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        config = self.config
        # Registers start high: the first cycles are those of a reset, too.
        reset: Value = ResetSignal()
        for stage in range(RESET_CYCLES):
            later = Signal(name=f"reset{stage}", init=1, reset_less=True)
            m.d.sync += later.eq(reset)
            reset = later
        inputs = {"rst": reset}
        machine = self.instantiate(m, "accelerator", Accelerator(config), inputs)
        words = self.memory_bytes // config.bus_bytes
        memory = self.instantiate(m, "memory", BlockMemory(config, words), inputs)
        bridge = self.instantiate(m, "bridge", Bridge(self.memory_bytes // WORD_BYTES), inputs)
        receiver = self.instantiate(m, "receiver", UartReceiver(self.bit_cycles), inputs)
        transmitter = self.instantiate(m, "transmitter", UartTransmitter(self.bit_cycles), inputs)
        for one, other, ports in (
            (machine, memory, {**read_ports(config), **write_ports(config)}),
            (bridge, machine, {name: port.flip() for name, port in slave_ports().items()}),
            (memory, bridge, host_ports(self.memory_bytes // WORD_BYTES)),
        ):
            for name, member in ports.items():
                here, there = getattr(one, name), getattr(other, name)
                m.d.comb += there.eq(here) if member.flow is Out else here.eq(there)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.irq.eq(machine.irq),
            bridge.arrived.eq(receiver.arrived),
            bridge.data.eq(receiver.data),
            bridge.broken.eq(receiver.broken),
            transmitter.i.payload.eq(bridge.o.payload),
            transmitter.i.valid.eq(bridge.o.valid),
            bridge.o.ready.eq(transmitter.i.ready),
        ]
        return m
