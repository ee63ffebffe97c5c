"""The performance counters."""

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data
from amaranth.lib.wiring import In, Out

from golden.accelerator.counters import CAUSES, WORDS
from golden.config import MachineConfig
from rtl.module import RtlModule

COUNTER_BITS = 48


def counters_layout() -> data.StructLayout:
    """All counters, named as in :class:`golden.accelerator.counters.Counters`."""
    names = ["cycles", *CAUSES, *(f"words_{kind}" for kind in WORDS), "words_results"]
    return data.StructLayout({name: unsigned(COUNTER_BITS) for name in names})


class CounterBank(RtlModule):
    """Adds up what happens in each cycle.

    Ports: ``clear`` sets all to 0; with ``busy``, the cycle counts, and to the one of ``causes``
    that is high; ``read`` has a bit for each kind of word that came, ``written`` says that a
    word was sent.
    """

    module_name = "ditto_counters"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        super().__init__(
            {
                "clear": In(1),
                "busy": In(1),
                "causes": In(unsigned(len(CAUSES))),
                "read": In(unsigned(len(WORDS))),
                "written": In(1),
                "o": Out(counters_layout()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        events: dict[str, Signal] = {"cycles": self.busy, "words_results": self.written}
        for n, cause in enumerate(CAUSES):
            events[cause] = self.busy & self.causes[n]
        for n, kind in enumerate(WORDS):
            events[f"words_{kind}"] = self.read[n]
        for name, event in events.items():
            counter = getattr(self.o, name)
            with m.If(self.clear):
                m.d.sync += counter.eq(0)
            with m.Elif(event):
                m.d.sync += counter.eq(counter + 1)
        return m
