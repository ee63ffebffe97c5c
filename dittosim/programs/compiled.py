"""What ``compile`` makes, of whole steps or of products alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType


@dataclass(frozen=True)
class Compiled:
    """A program, its listing and what it costs."""

    memory: bytes
    """From the first address of memory on, before the machine starts"""
    descriptors: int
    listing: dict[str, Any]
    explanation: Sequence[RenderableType]
    """Tables and lines for --explain"""
