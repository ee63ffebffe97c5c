"""A memory with one write and one read port, in Verilog by hand."""

from importlib import resources

from amaranth.hdl import unsigned
from amaranth.lib.wiring import In, Out
from amaranth.utils import bits_for

from rtl.blocks.module import RtlModule


class Ram(RtlModule):
    """``depth`` words of ``width`` bits, of unknown content at first.

    Amaranth's memories list the initial value of every word in the Verilog, which for buffers of
    megabytes takes longer than all else.

    Ports: each bit of ``write`` stores one of ``parts`` equal parts of ``write_data``. With
    ``read``, ``o`` shows the word at ``read_address`` from the next cycle on, until the next
    read; a read in the cycle of a write to the same word returns what was there before.
    """

    LATENCY = 1
    module_name = "ditto_ram"
    verilog = resources.files("rtl.blocks").joinpath("ram.v").read_text()

    def __init__(self, width: int, depth: int, parts: int = 1) -> None:
        address = bits_for(depth - 1) if depth > 1 else 1
        self.parameters = {"WIDTH": width, "DEPTH": depth, "PARTS": parts, "ADDRESS": address}
        super().__init__(
            {
                "write": In(unsigned(parts)),
                "write_address": In(unsigned(address)),
                "write_data": In(unsigned(width)),
                "read": In(1),
                "read_address": In(unsigned(address)),
                "o": Out(unsigned(width)),
            }
        )
