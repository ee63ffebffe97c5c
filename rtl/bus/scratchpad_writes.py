"""The write side of the scratchpad: words in, an answer for every burst."""

from amaranth.hdl import Module, ResetSignal, Signal, unsigned
from amaranth.lib.wiring import In, Member, Out
from amaranth.utils import exact_log2

from golden.machine.bursts import ADDRESS_BITS
from golden.machine.config import MachineConfig
from golden.machine.timing import SCRATCHPAD_WRITE_LATENCY
from rtl.blocks.module import RtlModule
from rtl.bus.scratchpad_reads import word_bits


def write_side(config: MachineConfig) -> dict[str, Member]:
    """To the write port of the scratchpad's :class:`rtl.blocks.ram.Ram`."""
    return {
        "scratchpad_write": Out(1),
        "scratchpad_write_word": Out(unsigned(word_bits(config))),
        "scratchpad_data": Out(unsigned(config.bus_bits)),
    }


class ScratchpadWrites(RtlModule):
    """Writes words of bursts to the scratchpad, and keeps their answers until they are taken.

    Ports: in a cycle with ``send``, ``data`` is word number ``word`` of the burst at ``address``,
    ``last`` its last one. ``answered`` is high while a burst is written and its answer not taken,
    which ``take`` does; there are as many as the write engine has bursts in flight. The others are
    :func:`write_side`.

    Latency from a burst's last word to its answer. Throughput one word and one answer per cycle.
    """

    LATENCY = SCRATCHPAD_WRITE_LATENCY
    module_name = "ditto_scratchpad_writes"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "send": In(1),
                "address": In(unsigned(ADDRESS_BITS)),
                "word": In(unsigned(8)),
                "last": In(1),
                "data": In(unsigned(config.bus_bits)),
                "answered": Out(1),
                "take": In(1),
                **write_side(config),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        waiting = Signal(range(self.config.outstanding_writes + 1))
        m.d.comb += [
            # In a cycle of reset memory takes no word, either.
            self.scratchpad_write.eq(self.send & ~ResetSignal()),
            self.scratchpad_write_word.eq(
                self.address[exact_log2(self.config.bus_bytes) :] + self.word
            ),
            self.scratchpad_data.eq(self.data),
            self.answered.eq(waiting != 0),
        ]
        m.d.sync += waiting.eq(waiting + (self.send & self.last) - self.take)
        return m
