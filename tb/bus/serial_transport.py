"""The driver's transport over a serial line to rtl/fpga/bridge.py."""

from typing import Protocol

from golden.errors import DittosimError
from rtl.fpga.bridge import READ, REGISTERS, WORD_BYTES, WRITE

MOST_WORDS = 1 << 16
"""Of a command"""


class Line(Protocol):
    """A serial line to the bridge."""

    async def send(self, data: bytes) -> None:
        """Sends bytes; returns when they are out."""

    async def receive(self, count: int) -> bytes:
        """The next bytes that come, in all ``count``."""

    async def pause(self) -> None:
        """Returns at the interrupt, or after some time."""


class SerialTransport:
    """Reaches memory and registers of a :class:`rtl.fpga.board.Board` over a ``line``."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def read32(self, address: int) -> int:
        """Reads a register; DittosimError if it is refused."""
        return int.from_bytes(await self._read(REGISTERS + address, 1), "little")

    async def write32(self, address: int, value: int) -> None:
        """Writes a register; DittosimError if it is refused."""
        await self._write(REGISTERS + address, value.to_bytes(WORD_BYTES, "little"))

    async def read_memory(self, address: int, count: int) -> bytes:
        """Reads memory, whole words of 32 bits; DittosimError beyond its end."""
        words, chunks = count // WORD_BYTES, []
        for first in range(0, words, MOST_WORDS):
            taken = min(MOST_WORDS, words - first)
            chunks.append(await self._read(address + WORD_BYTES * first, taken))
        return b"".join(chunks)

    async def write_memory(self, address: int, data: bytes) -> None:
        """Writes memory, whole words of 32 bits; DittosimError beyond its end."""
        most = WORD_BYTES * MOST_WORDS
        for first in range(0, len(data), most):
            await self._write(address + first, data[first : first + most])

    async def pause(self) -> None:
        """Returns at the interrupt, or after some time."""
        await self.line.pause()

    async def _read(self, address: int, words: int) -> bytes:
        await self.line.send(head(READ, address, words))
        answer = await self.line.receive(WORD_BYTES * words + 1)
        _check(answer[-1], "read of", address)
        return answer[:-1]

    async def _write(self, address: int, data: bytes) -> None:
        await self.line.send(head(WRITE, address, len(data) // WORD_BYTES) + data)
        (response,) = await self.line.receive(1)
        _check(response, "write to", address)


def head(command: int, address: int, words: int) -> bytes:
    """What a command begins with."""
    return bytes([command]) + address.to_bytes(4, "little") + (words - 1).to_bytes(2, "little")


def _check(response: int, what: str, address: int) -> None:
    if response:
        raise DittosimError(f"{what} {address:#010x} over the serial line: error {response}")
