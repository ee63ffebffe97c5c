"""Area and energy of memory macros, from a table of sizes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from dittosim.silicon.design import Memory
from golden.errors import DittosimError
from golden.reading import parse_toml, read_text
from golden.wording import validated

if TYPE_CHECKING:
    import numpy as np

FIGURES = ("area_um2", "read_pj", "write_pj", "access_ns", "leakage_uw")


class Origin(StrEnum):
    """Where the figures of a size come from."""

    TABLE = "table"
    INTERPOLATED = "interpolated"
    EXTRAPOLATED = "extrapolated"


class Size(BaseModel):
    """A macro in the table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    depth: int = Field(ge=1, description="words")
    width: int = Field(ge=1, description="bits of a word")
    area_um2: float = Field(gt=0, allow_inf_nan=False)
    read_pj: float = Field(gt=0, allow_inf_nan=False, description="energy of reading a word")
    write_pj: float = Field(gt=0, allow_inf_nan=False, description="energy of writing a word")
    access_ns: float = Field(gt=0, allow_inf_nan=False, description="from the clock to the word")
    leakage_uw: float = Field(gt=0, allow_inf_nan=False)


@dataclass(frozen=True)
class Macro:
    """What a memory of some size takes; units as in :class:`Size`."""

    area_um2: float
    read_pj: float
    write_pj: float
    access_ns: float
    leakage_uw: float
    origin: Origin


class MemoryTable(BaseModel):
    """Sizes of one technology. Between them figures are interpolated.

    A size of the table has its figures as they are. Else the logarithm of each figure is a linear
    function of those of bits and width, the least-squares fit to all sizes, and what that is off
    at each size spread by inverse distance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1)
    source: str = Field(min_length=1, description="who says so")
    sizes: tuple[Size, ...] = Field(min_length=1)

    def macro(self, memory: Memory) -> Macro:
        """DittosimError if the table is too small to say."""
        for size in self.sizes:
            if (size.width, size.depth) == (memory.width, memory.depth):
                figures = {name: getattr(size, name) for name in FIGURES}
                return Macro(**figures, origin=Origin.TABLE)
        return self._between(memory)

    def _between(self, memory: Memory) -> Macro:
        import numpy as np

        points = self._points
        if np.linalg.matrix_rank(points) < points.shape[1]:
            raise DittosimError(
                f"memories of '{self.title}': no size of {memory.depth} x {memory.width} bits; add "
                "it, or sizes of three or more widths and depths to interpolate from"
            )
        place = _place(memory.width, memory.depth)
        figures = np.log([[getattr(size, name) for name in FIGURES] for size in self.sizes])
        plane, *_ = np.linalg.lstsq(points, figures, rcond=None)
        near = 1 / np.square(points - place).sum(axis=1)
        left = near @ (figures - points @ plane) / near.sum()
        found = np.exp(place @ plane + left)
        inside = (points.min(axis=0) <= place).all() and (place <= points.max(axis=0)).all()
        origin = Origin.INTERPOLATED if inside else Origin.EXTRAPOLATED
        return Macro(**dict(zip(FIGURES, map(float, found), strict=True)), origin=origin)

    @cached_property
    def _points(self) -> "np.ndarray":
        import numpy as np

        return np.array([_place(size.width, size.depth) for size in self.sizes])


def _place(width: int, depth: int) -> Sequence[float]:
    return (1.0, math.log(width * depth), math.log(width))


def load_memories(path: Path | None) -> MemoryTable:
    """The table in a TOML file, or the one that comes with dittosim.

    DittosimError if it cannot be read, or is none.
    """
    if path is None:
        text = resources.files("dittosim.silicon").joinpath("sram45.toml").read_text()
        return validated(MemoryTable, parse_toml(text, "sram45.toml"), "sram45.toml")
    text = read_text(path, "memories")
    return validated(MemoryTable, parse_toml(text, str(path)), path)
