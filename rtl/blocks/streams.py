"""Connections between streams."""

from typing import Any


def joined(source: Any, sink: Any) -> list[Any]:
    """The assignments that let ``sink`` take what ``source`` offers."""
    return [
        sink.payload.eq(source.payload),
        sink.valid.eq(source.valid),
        source.ready.eq(sink.ready),
    ]
