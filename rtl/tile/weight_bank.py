"""The weights of one column: one memory per lane."""

from amaranth.hdl import Module, signed, unsigned
from amaranth.lib import data, memory
from amaranth.lib.wiring import In, Out

from golden.machine.config import MachineConfig
from golden.machine.timing import WEIGHT_BANK_LATENCY
from rtl.blocks.module import RtlModule
from rtl.tile.layouts import index_shape


class WeightBank(RtlModule):
    """``lanes`` memories of ``weight_depth`` int8; lane l holds rows k with k mod lanes = l.

    Ports: ``write_lane`` has one bit per lane that takes ``write_data`` at ``write_address`` in
    this cycle. With ``read``, ``weights`` shows each lane's weight at its address from the next
    cycle on, and keeps it until the next read. A read in the cycle of a write to the same
    address returns the old weight.
    """

    LATENCY = WEIGHT_BANK_LATENCY
    module_name = "ditto_weight_bank"

    def __init__(self, config: MachineConfig) -> None:
        self.config = config
        address = index_shape(config.weight_depth)
        super().__init__(
            {
                "write_lane": In(unsigned(config.lanes)),
                "write_address": In(address),
                "write_data": In(signed(8)),
                "read": In(1),
                "addresses": In(data.ArrayLayout(address, config.lanes)),
                "weights": Out(data.ArrayLayout(signed(8), config.lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for lane in range(self.config.lanes):
            bank = memory.Memory(shape=signed(8), depth=self.config.weight_depth, init=[])
            m.submodules[f"lane{lane}"] = bank
            write = bank.write_port()
            read = bank.read_port()
            m.d.comb += [
                write.en.eq(self.write_lane[lane]),
                write.addr.eq(self.write_address),
                write.data.eq(self.write_data),
                read.en.eq(self.read),
                read.addr.eq(self.addresses[lane]),
                self.weights[lane].eq(read.data),
            ]
        return m
