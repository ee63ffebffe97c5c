"""A serial line of the operating system, as to a board on USB."""

import os
import select
import termios
import time
import tty
from types import TracebackType
from typing import Self

from golden.errors import DittosimError

PATIENCE = 5.0
"""Seconds of silence, after which an answer no longer comes"""
PAUSE = 0.001
"""Seconds between two looks at a machine that runs"""


class TerminalLine:
    """A :class:`tb.bus.serial_transport.Line` over a terminal device such as /dev/ttyUSB0.

    Its methods never wait for other coroutines: :func:`tb.driver.complete` runs what uses it.
    """

    def __init__(self, path: str, baud: int, patience: float = PATIENCE) -> None:
        """Opens it; DittosimError if it cannot be opened, is no terminal, or is not so fast."""
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise DittosimError(f"{baud} bits per second: no terminal of this system has that rate")
        self._path, self._patience = path, patience
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NOCTTY)
        except OSError as error:
            raise DittosimError(f"cannot open serial line {path}: {error.strerror}") from error
        try:
            tty.setraw(self._file)
            settings = termios.tcgetattr(self._file)
            settings[4] = settings[5] = speed
            termios.tcsetattr(self._file, termios.TCSANOW, settings)
        except termios.error as error:
            os.close(self._file)
            raise DittosimError(f"{path} is no serial line: {error.args[-1]}") from error

    def __enter__(self) -> Self:
        """The line."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        os.close(self._file)

    async def send(self, data: bytes) -> None:
        """Sends bytes."""
        left = memoryview(data)
        while left:
            left = left[os.write(self._file, left) :]

    async def receive(self, count: int) -> bytes:
        """The next ``count`` bytes; DittosimError if none comes for too long."""
        got = bytearray()
        while len(got) < count:
            if not select.select([self._file], [], [], self._patience)[0]:
                raise DittosimError(
                    f"no answer on {self._path} for {self._patience:g} s: check the bits per "
                    "second, or send a break"
                )
            got += os.read(self._file, count - len(got))
        return bytes(got)

    async def send_break(self) -> None:
        """Makes the bridge wait for a command, whatever it was doing."""
        termios.tcsendbreak(self._file, 0)

    async def pause(self) -> None:
        """Returns after some time."""
        time.sleep(PAUSE)
