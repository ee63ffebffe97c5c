"""Says why a command takes a minute when it first runs: Numba compiles what is not kept yet."""

import logging
import time

from dittosim import streams

SECONDS = 5.0
"""From the first function on; what takes no longer says nothing"""
LINE = "compiling the models' loops, which are kept: the first run takes about a minute longer"


class _Notice(logging.Handler):
    """Hears of each function that is compiled."""

    def __init__(self) -> None:
        super().__init__()
        self._first: float | None = None
        self._said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Says it once."""
        self._first = self._first or record.created
        if self._said or time.time() < self._first + SECONDS:
            return
        self._said = True
        if not (streams.quiet or streams.verbose):
            streams.say(LINE)


def prepare() -> None:
    """Nothing is compiled yet."""
    logger = logging.getLogger("golden.jit")
    logger.handlers = [_Notice()]
    logger.setLevel(logging.INFO)
