"""The read side of the scratchpad: bursts in, their words out."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import stream
from amaranth.lib.wiring import In, Member, Out
from amaranth.utils import bits_for, exact_log2

from golden.machine.bursts import ADDRESS_BITS
from golden.machine.config import MachineConfig
from golden.machine.timing import SCRATCHPAD_READ_LATENCY
from rtl.blocks.module import RtlModule
from rtl.blocks.streams import joined
from rtl.bus.axi import burst_layout, read_word_layout
from rtl.bus.burst_queue import BurstQueue


def word_bits(config: MachineConfig) -> int:
    """Bits of the number of a bus word in the scratchpad."""
    return bits_for(config.scratchpad_bytes // config.bus_bytes - 1)


def read_side(config: MachineConfig) -> dict[str, Member]:
    """To the read port of the scratchpad's :class:`rtl.blocks.ram.Ram`."""
    return {
        "scratchpad_read": Out(1),
        "scratchpad_read_word": Out(unsigned(word_bits(config))),
        "scratchpad_o": In(unsigned(config.bus_bits)),
    }


class ScratchpadReads(RtlModule):
    """Reads bursts from the scratchpad, as many of them in flight as the read engine has.

    Ports: ``i`` takes bursts (:func:`rtl.bus.axi.burst_layout`), ``o`` gives their words in order
    (:func:`rtl.bus.axi.read_word_layout`, ``last`` at the end of each burst); the others are
    :func:`read_side`. A word is read before the one before it is taken, which the memory's output
    register holds until then.

    Latency from a burst to its first word. Throughput one word per cycle.
    """

    LATENCY = SCRATCHPAD_READ_LATENCY
    module_name = "ditto_scratchpad_reads"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "i": In(stream.Signature(burst_layout())),
                "o": Out(stream.Signature(read_word_layout(config))),
                **read_side(config),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        queue = self.instantiate(m, "queue", BurstQueue(self.config.outstanding_reads))
        burst = queue.o.payload
        first = burst.address[exact_log2(self.config.bus_bytes) : ADDRESS_BITS]
        word, last = Signal(8), Signal()
        m.d.comb += [
            *joined(self.i, queue.i),
            last.eq(word == burst.length),
            self.scratchpad_read.eq(queue.o.valid & (~self.o.valid | self.o.ready)),
            self.scratchpad_read_word.eq(first + word),
            queue.o.ready.eq(self.scratchpad_read & last),
            self.o.payload.data.eq(self.scratchpad_o),
        ]
        with m.If(self.scratchpad_read):
            m.d.sync += [
                self.o.valid.eq(1),
                self.o.payload.last.eq(last),
                word.eq(word + 1),
            ]
            with m.If(last):
                m.d.sync += word.eq(0)
        with m.Elif(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        return m
