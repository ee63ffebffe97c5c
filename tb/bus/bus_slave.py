"""An AXI4 slave made by others (cocotbext-axi) for the benches of the bus engines."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from cocotbext.axi import (
    AxiBus,
    AxiReadBus,
    AxiSlave,
    AxiSlaveRead,
    AxiSlaveWrite,
    AxiWriteBus,
    MemoryRegion,
)

from golden.machine.bursts import Transfer, split
from golden.machine.config import MachineConfig
from tb.harness.stimulus import random_ready

PREFIX = "m_axi"


class FaultyMemory(MemoryRegion):
    """A memory that refuses some of its words."""

    def __init__(self, image: np.ndarray, faults: set[int]) -> None:
        super().__init__(image.size, bytearray(image.tobytes()))
        self._word_bytes = image.shape[1]
        self.faults = faults

    def _check(self, address: int) -> None:
        if address // self._word_bytes in self.faults:
            raise ValueError("a word that is refused")

    async def _read(self, address: int, length: int, **_: Any) -> bytes:
        self._check(address)
        return bytes(self.mem[address : address + length])

    async def _write(self, address: int, data: bytes | np.ndarray, **_: Any) -> None:
        self._check(address)
        self.mem[address : address + len(data)] = bytes(data)


def attach_slave(
    dut: Any, memory: FaultyMemory, channels: str, rng: np.random.Generator, stalls: bool
) -> None:
    """Puts ``memory`` behind the device's bus: ``channels`` is "read", "write" or "both".

    With ``stalls`` each channel pauses at random. A reset of the device is one of the slave, too.
    """
    if channels == "read":
        slave = AxiSlaveRead(AxiReadBus.from_prefix(dut, PREFIX), dut.clk, dut.rst, target=memory)
        used = [slave.ar_channel, slave.r_channel]
    elif channels == "write":
        slave = AxiSlaveWrite(AxiWriteBus.from_prefix(dut, PREFIX), dut.clk, dut.rst, target=memory)
        used = [slave.aw_channel, slave.w_channel, slave.b_channel]
    else:
        slave = AxiSlave(AxiBus.from_prefix(dut, PREFIX), dut.clk, dut.rst, target=memory)
        read, write = slave.read_if, slave.write_if
        used = [read.ar_channel, read.r_channel]
        used += [write.aw_channel, write.w_channel, write.b_channel]
    if stalls:
        for channel in used:
            channel.set_pause_generator(random_pauses(rng))


def random_pauses(rng: np.random.Generator) -> Iterator[bool]:
    """Whether a channel pauses, cycle by cycle."""
    while True:
        yield from (~random_ready(rng, 1000, True)).tolist()


def random_faults(
    transfers: list[Transfer], config: MachineConfig, rng: np.random.Generator, count: int
) -> set[int]:
    """Some of the words of the transfers."""
    chosen = rng.choice(len(transfers), count, replace=False)
    return {
        transfers[n].address // config.bus_bytes + int(rng.integers(transfers[n].words))
        for n in chosen
    }


def first_fault(transfers: list[Transfer], config: MachineConfig, faults: set[int]) -> int:
    """Address of the first burst with a refused word."""
    for transfer in transfers:
        for burst in split(transfer, config):
            first = burst.address // config.bus_bytes
            if faults & set(range(first, first + burst.words)):
                return burst.address
    return -1
