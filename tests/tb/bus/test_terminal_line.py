import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.errors import DittosimError
from golden.machine.config import load_config
from rtl.bus.axi import DECODE_ERROR, SLAVE_ERROR
from rtl.fpga.bridge import HEAD_BYTES, READ, REGISTERS, UNKNOWN, WORD_BYTES, WRITE
from tb.bus.serial_transport import MOST_WORDS, SerialTransport
from tb.bus.terminal_line import TerminalLine
from tb.driver import Driver, complete
from tb.registers.register_model import RegisterModel

TINY = load_config("tiny")
MEMORY = 1 << 19


class Bridge:
    """What the board does, at the other end of a line."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.memory = bytearray(MEMORY)
        self.registers = RegisterModel(TINY)
        self.commands: list[tuple[int, int, int]] = []

    def run(self) -> None:
        """Answers until the line is closed."""
        while command := self._take(1):
            if command[0] not in (READ, WRITE):
                os.write(self.line, bytes([UNKNOWN]))
                continue
            head = self._take(HEAD_BYTES)
            address, words = (
                int.from_bytes(head[:4], "little"),
                1 + int.from_bytes(head[4:], "little"),
            )
            self.commands.append((command[0], address, words))
            response = 0
            for place in range(address, address + WORD_BYTES * words, WORD_BYTES):
                if command[0] == WRITE:
                    response |= self._write(place, self._take(WORD_BYTES))
                else:
                    word, refused = self._read(place)
                    os.write(self.line, word)
                    response |= refused
            os.write(self.line, bytes([response]))

    def _take(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            try:
                more = os.read(self.line, count - len(got))
            except OSError:
                return b""
            got += more
        return got

    def _write(self, address: int, word: bytes) -> int:
        if address >= REGISTERS:
            return self.registers.write(address - REGISTERS, int.from_bytes(word, "little"), 15)
        if address >= MEMORY:
            return DECODE_ERROR
        self.memory[address : address + WORD_BYTES] = word
        return 0

    def _read(self, address: int) -> tuple[bytes, int]:
        if address >= REGISTERS:
            value, response = self.registers.read(address - REGISTERS)
            return value.to_bytes(WORD_BYTES, "little"), response
        if address >= MEMORY:
            return b"\xff" * WORD_BYTES, DECODE_ERROR
        return bytes(self.memory[address : address + WORD_BYTES]), 0


@pytest.fixture
def bridge() -> Iterator[tuple[Bridge, str]]:
    """A bridge, and the path of the line to it."""
    there, here = os.openpty()
    bridge = Bridge(there)
    thread = threading.Thread(target=bridge.run)
    thread.start()
    yield bridge, os.ttyname(here)
    os.close(here)
    thread.join()
    os.close(there)


def test_registers_and_memory(bridge: tuple[Bridge, str]) -> None:
    board, path = bridge
    with TerminalLine(path, 1_000_000) as line:
        transport = SerialTransport(line)
        driver = Driver(transport, TINY)
        complete(driver.check())
        complete(driver.write("QUEUE_BASE", 0x1234_5678))
        assert complete(driver.read("QUEUE_BASE")) == 0x1234_5678
        assert board.registers.values["queue_base_address"] == 0x1234_5678
        # Every byte, those that terminals treat in a way of their own among them.
        data = bytes(range(256))
        complete(transport.write_memory(0x400, data))
        assert board.memory[0x400:0x500] == data
        assert complete(transport.read_memory(0x400, 256)) == data
        with pytest.raises(DittosimError, match=f"write to 0x80000ffc .* error {SLAVE_ERROR}"):
            complete(transport.write32(0xFFC, 1))
        with pytest.raises(DittosimError, match=f"read of {MEMORY:#010x} .* error {DECODE_ERROR}"):
            complete(transport.read_memory(MEMORY, 4))
        complete(transport.pause())


def test_more_words_than_a_command_has(bridge: tuple[Bridge, str]) -> None:
    board, path = bridge
    with TerminalLine(path, 1_000_000) as line:
        data = os.urandom(WORD_BYTES * (MOST_WORDS + 3))
        complete(SerialTransport(line).write_memory(8, data))
        assert board.memory[8 : 8 + len(data)] == data
        assert complete(SerialTransport(line).read_memory(8, len(data))) == data
    behind = 8 + WORD_BYTES * MOST_WORDS
    halves = [(8, MOST_WORDS), (behind, 3)]
    assert board.commands == [(kind, *half) for kind in (WRITE, READ) for half in halves]


def test_silence(bridge: tuple[Bridge, str]) -> None:
    _, path = bridge
    with TerminalLine(path, 115_200, patience=0.05) as line:
        complete(line.send(b"?"))
        assert complete(line.receive(1)) == b"?"
        with pytest.raises(DittosimError, match=f"no answer on {path} for 0.05 s"):
            complete(line.receive(1))
        complete(line.send_break())


def test_no_such_line(tmp_path: Path) -> None:
    with pytest.raises(DittosimError, match="12345 bits per second"):
        TerminalLine("/dev/null", 12345)
    with pytest.raises(DittosimError, match=r"cannot open serial line .*absent: No such file"):
        TerminalLine(str(tmp_path / "absent"), 115_200)
    (tmp_path / "file").touch()
    with pytest.raises(DittosimError, match="file is no serial line"):
        TerminalLine(str(tmp_path / "file"), 115_200)
