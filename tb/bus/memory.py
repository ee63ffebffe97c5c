"""Fills and reads the memory that a design is joined to (:mod:`tb.bus.memory_top`)."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from cocotb.triggers import FallingEdge

from golden.files import write_whole
from golden.machine.config import MachineConfig
from sim.dram.counts import DramCounts
from tb.bus.memory_top import COUNTS, SETTINGS
from tb.bus.random_dram import random_dram
from tb.harness.task import TASK_VARIABLE

IMAGE_FILE = "memory_image.hex"
DUMP_FILE = "memory_dump.hex"
DRAMS = {"dram": 1000, "dram, slow clock": 12_500}
"""Machines on DRAM in the benches, and their clocks in picoseconds"""
_DEFAULTS = {
    name: MachineConfig.model_fields[name].default for name in ("memory_latency", "memory_interval")
}
NEAR_IMAGE_FILE = "scratchpad_image.hex"
NEAR_DUMP_FILE = "scratchpad_dump.hex"
FILL = 0xA5
"""Every byte that was never written."""


def memory_plusargs(folder: Path) -> list[str]:
    """What the simulator must be told to find the memory's files in ``folder``."""
    return [
        f"+memory_image={folder / IMAGE_FILE}",
        f"+memory_dump={folder / DUMP_FILE}",
        f"+scratchpad_image={folder / NEAR_IMAGE_FILE}",
        f"+scratchpad_dump={folder / NEAR_DUMP_FILE}",
    ]


def to_hex(words: np.ndarray, first: int) -> str:
    """uint8 (words, bytes) as text for $readmemh, from word ``first`` on."""
    text = np.ascontiguousarray(words[:, ::-1]).tobytes().hex("\n", words.shape[1])
    return f"@{first:x}\n{text}\n"


def from_hex(text: str, bus_bytes: int) -> np.ndarray:
    """uint8 (words, bytes) from what $writememh wrote."""
    lines = (line for line in text.splitlines() if not line.startswith(("//", "@")))
    values = np.frombuffer(bytes.fromhex("".join(lines)), np.uint8)
    return values.reshape(-1, bus_bytes)[:, ::-1]


def dram_settings(config: MachineConfig) -> int:
    """What the memory is told of the DRAM of a machine, as one number."""
    dram = config.dram
    if dram is None:
        return 0
    timing = dram.timing
    values = {
        **timing._asdict(),
        **{f"{name}_shift": shift for name, shift in dram.shifts.items()},
        "on": 1,
        "clock_ps": dram.clock_ps,
        "access_shift": timing.access_bytes.bit_length() - 1,
        "channels": dram.channels,
        "window": dram.window,
        "write_batch": min(dram.write_batch, config.outstanding_writes),
    }
    return sum(values[name] << 32 * place for place, name in enumerate(SETTINGS))


def timings(config: MachineConfig) -> dict[str, MachineConfig]:
    """The machine on a memory of fixed latency and rate, a late one, a slow one, and one of both.

    The first is its own, if it has one.
    """
    own = config.model_copy(update={"dram": None})
    late = {"memory_latency": min(3 * own.memory_latency + 40, 4096)}
    slow = {"memory_interval": min(own.memory_interval + 2, 64)}
    changes = {"own": {}, "late": late, "slow": slow, "late and slow": late | slow}
    return {name: own.model_copy(update=change) for name, change in changes.items()}


def memories(config: MachineConfig, rng: np.random.Generator) -> dict[str, MachineConfig]:
    """The machine on those of :func:`timings`, and on DRAM, at its clock and at a slow one.

    At a slow one a refresh comes every few hundred cycles.
    """
    found = timings(config)
    for name, clock in DRAMS.items():
        dram = (config.dram or random_dram(rng)).model_copy(update={"clock_ps": clock})
        found[name] = found["own"].model_copy(update={**_DEFAULTS, "dram": dram})
    return found


class Memory:
    """The memory in a simulation; each access takes one clock cycle, whatever its size.

    So do accesses to the addresses of a scratchpad, which no host has but in a bench.
    Call from just after a falling clock edge (:func:`tb.harness.clocked.start`).
    """

    def __init__(self, dut: Any, config: MachineConfig) -> None:
        self._dut = dut
        self._bytes, self._near = config.bus_bytes, config.scratchpad_bytes
        self._folder = Path(os.environ[TASK_VARIABLE]).parent
        dut.memory_load.value = 0
        dut.memory_dump.value = 0
        if self._near:
            dut.scratchpad_load.value = 0
            dut.scratchpad_dump.value = 0
        self.take_time(config)
        self.refuse(None)

    def take_time(self, config: MachineConfig) -> None:
        """Takes that machine's latency and interval; call it while nothing is under way."""
        self._dut.memory_latency.value = config.memory_latency
        self._dut.memory_interval.value = config.memory_interval
        self._dut.memory_dram.value = dram_settings(config)

    def refuse(self, address: int | None) -> None:
        """Answers SLVERR at that word from now on, or nowhere."""
        self._dut.memory_fault.value = int(address is not None)
        self._dut.memory_fault_address.value = address or 0

    async def write(self, address: int, data: np.ndarray) -> None:
        """Writes ``data`` (any integers, little endian) to ``address``; whole words only."""
        raw = np.ascontiguousarray(data).view(np.uint8).reshape(-1, self._bytes)
        near = max(0, self._near - address) // self._bytes
        if near:
            await self._write_near(address // self._bytes, raw[:near])
            address, raw = self._near, raw[near:]
        if len(raw):
            write_whole(self._folder / IMAGE_FILE, to_hex(raw, address // self._bytes))
            await self._pulse(self._dut.memory_load)

    async def read(self, address: int, count: int) -> np.ndarray:
        """uint8 (count,) from ``address`` on; whole words only."""
        near = np.empty(0, np.uint8)
        if address < self._near:
            near = (await self._read_near())[address : address + count]
            address, count = self._near, count - len(near)
        if not count:
            return near
        first = address // self._bytes
        self._dut.memory_dump_first.value = first
        self._dut.memory_dump_last.value = first + count // self._bytes - 1
        await self._pulse(self._dut.memory_dump)
        text = (self._folder / DUMP_FILE).read_text()
        return np.concatenate([near, from_hex(text, self._bytes).reshape(-1)])

    @property
    def moved(self) -> int:
        """Bytes that a master read and wrote since reset."""
        names = ("memory_words_read", "memory_words_written")
        words = (getattr(self._dut, name).value.to_unsigned() for name in names)
        return sum(words) * self._bytes

    @property
    def dram_counts(self) -> DramCounts:
        """What DRAM did since bytes were last written to the memory."""
        value = self._dut.memory_dram_counts.value.to_unsigned()
        fields = {name: value >> 32 * n & 0xFFFFFFFF for n, name in enumerate(COUNTS)}
        return DramCounts(**fields)

    @property
    def violations(self) -> int:
        """Rules of AXI that the design broke, as bits; the log names them."""
        return self._dut.memory_violation.value.to_unsigned()

    async def _write_near(self, first: int, words: np.ndarray) -> None:
        write_whole(self._folder / NEAR_IMAGE_FILE, to_hex(words, first))
        await self._pulse(self._dut.scratchpad_load)

    async def _read_near(self) -> np.ndarray:
        await self._pulse(self._dut.scratchpad_dump)
        return from_hex((self._folder / NEAR_DUMP_FILE).read_text(), self._bytes).reshape(-1)

    async def _pulse(self, signal: Any) -> None:
        signal.value = 1
        await FallingEdge(self._dut.clk)
        signal.value = 0
