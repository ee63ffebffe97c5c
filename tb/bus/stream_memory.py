"""A memory behind the streams of the core, in the place of bus engines: agents and their timing."""

from collections import deque
from typing import Any, NamedTuple

import numpy as np

from rtl.bus.axi import transfer_layout
from sim.bus.axi_reader import idle_reader
from sim.bus.axi_writer import idle_writer
from sim.bus.memory_ports import TIES, MemoryPorts

LIMIT = 1 << 10
"""Transfers in flight, more than there ever are"""


def _fields(word: int) -> tuple[int, int]:
    field = transfer_layout()["words"]
    return word & ((1 << field.offset) - 1), word >> field.offset


class StreamTiming(NamedTuple):
    """Times of a :class:`StreamMemory`, in clock cycles."""

    latency: int
    """From a command to the first word of a read, and from a write's last word to its end"""
    busy: int = 0
    """Between two commands"""
    read_interval: int = 1
    """From one word to the next"""
    write_interval: int = 1


class StreamMemory:
    """Answers reads in order, and takes writes, in the times of ``timing``."""

    def __init__(self, dut: Any, memory: np.ndarray, bus_bytes: int, timing: StreamTiming) -> None:
        self._dut, self._bus, self.timing = dut, bus_bytes, timing
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
            self._next_word = cycle + self.timing.read_interval
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
            self._reads.append((cycle + self.timing.latency, address, words))
            self._free_at = cycle + 1 + self.timing.busy
        offered = dut.write_data__valid.value == 1
        self.stalled += offered and cycle < self._next_written
        if offered and cycle >= self._next_written:
            assert self._writes, "a word was offered that no command asked to write"
            self._next_written = cycle + self.timing.write_interval
            address, words = self._writes[0]
            word = dut.write_data__payload.value.to_unsigned().to_bytes(self._bus, "little")
            self.memory[address : address + self._bus] = np.frombuffer(word, np.uint8)
            self._writes[0] = [address + self._bus, words - 1]
            if words == 1:
                self._writes.popleft()
                self._completions.append(cycle + self.timing.latency)
        if dut.write_commands__valid.value == 1 and cycle >= self._write_free_at:
            self._writes.append(list(_fields(dut.write_commands__payload.value.to_unsigned())))
            self._write_free_at = cycle + 1 + self.timing.busy

    def release(self) -> None:
        """Nothing to leave at rest."""


def stream_ports(bus_bytes: int, timing: StreamTiming) -> MemoryPorts:
    """When :class:`StreamMemory` takes commands, answers reads and completes writes.

    It is a memory that takes bursts of any length, without the engines that make them: theirs is
    the cycle in which a read's address is offered.
    """
    without_end = 1 << 40
    bursts = (bus_bytes, without_end, without_end)
    reads = (*bursts, timing.latency - 1, timing.read_interval, 0)
    writes = (*bursts, timing.latency, timing.write_interval, 0)
    reader, writer = idle_reader(LIMIT), idle_writer(LIMIT)
    ties = np.zeros(len(TIES), np.int64)
    return MemoryPorts(reader, reads, writer, writes, ties, rest=timing.busy)
