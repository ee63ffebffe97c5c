"""A memory behind the streams of the core, in the place of bus engines: agents and their timing."""

from collections import deque
from typing import Any

import numpy as np

from rtl.bus.axi import transfer_layout
from sim.bus.axi_reader import idle_reader
from sim.bus.axi_writer import idle_writer
from sim.bus.memory_ports import MemoryPorts

LIMIT = 1 << 10
"""Transfers in flight, more than there ever are"""


def _fields(word: int) -> tuple[int, int]:
    field = transfer_layout()["words"]
    return word & ((1 << field.offset) - 1), word >> field.offset


class StreamMemory:
    """Answers a read after ``latency`` cycles with a word every ``interval`` cycles, in order.

    ``busy`` cycles pass between two commands. Writes take a word every ``interval`` cycles and
    complete ``latency`` cycles after their last.
    """

    def __init__(
        self, dut: Any, memory: np.ndarray, bus_bytes: int, latency: int, busy: int, interval: int
    ) -> None:
        self._dut, self._bus, self.latency, self.busy = dut, bus_bytes, latency, busy
        self.interval = interval
        self.memory = memory
        self._reads: deque[tuple[int, int, int]] = deque()
        self._next_word = self._next_written = 0
        self.stalled = 0
        """Cycles in which a word was offered to be written and not taken"""
        self._free_at = self._write_free_at = 0
        self._writes: deque[list[int]] = deque()
        self._completions: deque[int] = deque()
        for name in (
            "read_data__valid",
            "read_data__payload",
            "completed",
            "read_error",
            "write_error",
        ):
            getattr(dut, name).value = 0
        dut.write_data__ready.value = 1

    def drive(self, cycle: int) -> None:
        """What memory shows in this cycle."""
        dut = self._dut
        dut.read_commands__ready.value = int(cycle >= self._free_at)
        dut.write_commands__ready.value = int(cycle >= self._write_free_at)
        shown = bool(self._reads) and cycle >= max(self._reads[0][0], self._next_word)
        dut.read_data__valid.value = int(shown)
        dut.write_data__ready.value = int(cycle >= self._next_written)
        if shown:
            self._next_word = cycle + self.interval
            _, address, words = self._reads.popleft()
            word = int.from_bytes(self.memory[address : address + self._bus].tobytes(), "little")
            dut.read_data__payload.value = word | ((words == 1) << (8 * self._bus))
            if words > 1:
                self._reads.appendleft((0, address + self._bus, words - 1))
        done = bool(self._completions) and self._completions[0] == cycle
        dut.completed.value = int(done)
        if done:
            self._completions.popleft()

    def observe(self, cycle: int) -> None:
        """What the core asks and sends."""
        dut = self._dut
        if dut.read_commands__valid.value == 1 and cycle >= self._free_at:
            address, words = _fields(dut.read_commands__payload.value.to_unsigned())
            self._reads.append((cycle + self.latency, address, words))
            self._free_at = cycle + 1 + self.busy
        offered = dut.write_data__valid.value == 1
        self.stalled += offered and cycle < self._next_written
        if offered and cycle >= self._next_written:
            self._next_written = cycle + self.interval
            address, words = self._writes[0]
            word = dut.write_data__payload.value.to_unsigned().to_bytes(self._bus, "little")
            self.memory[address : address + self._bus] = np.frombuffer(word, np.uint8)
            self._writes[0] = [address + self._bus, words - 1]
            if words == 1:
                self._writes.popleft()
                self._completions.append(cycle + self.latency)
        if dut.write_commands__valid.value == 1 and cycle >= self._write_free_at:
            self._writes.append(list(_fields(dut.write_commands__payload.value.to_unsigned())))
            self._write_free_at = cycle + 1 + self.busy

    def release(self) -> None:
        """Nothing to leave at rest."""


def stream_ports(bus_bytes: int, latency: int, busy: int, interval: int) -> MemoryPorts:
    """When :class:`StreamMemory` takes commands, answers reads and completes writes.

    It is a memory that takes bursts of any length, without the engines that make them: theirs is
    the cycle in which a read's address is offered.
    """
    without_end = 1 << 40
    bursts = (bus_bytes, without_end, without_end)
    reads, writes = (*bursts, latency - 1, interval), (*bursts, latency, interval)
    return MemoryPorts(idle_reader(LIMIT), reads, idle_writer(LIMIT), writes, rest=busy)
