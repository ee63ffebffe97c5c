"""Lines on stderr."""

import os

import pytest

from dittosim import streams


class Pieces:
    """A stream that keeps what each write gave it, and can be told to fail."""

    def __init__(self, error: OSError | None = None) -> None:
        self.pieces: list[str] = []
        self.error = error

    def write(self, text: str) -> None:
        if self.error:
            raise self.error
        self.pieces.append(text)

    def flush(self) -> None:
        pass


def test_a_line_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that write at once, without buffers, else end each other's lines."""
    stream = Pieces()
    monkeypatch.setattr("sys.stderr", stream)
    streams.say("one")
    streams.say("two\nthree")
    assert stream.pieces == ["one\n", "two\nthree\n"]


def test_what_cannot_be_said_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", Pieces(OSError(os.strerror(28))))
    streams.say("one")
