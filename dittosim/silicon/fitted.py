"""Area and clock of a machine that is not mapped: fitted to machines that were."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

from pydantic import BaseModel, ConfigDict

from dittosim.silicon.macros import machine_macros
from dittosim.silicon.memories import MemoryTable
from dittosim.silicon.parts import Part, area_features, clock_features
from golden.machine.config import MachineConfig
from golden.reading import parse_toml
from golden.wording import validated

FILE = "fitted45.toml"


class FittedPart(BaseModel):
    """Coefficients of a part's features."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    area_um2: Mapping[str, float]
    clock_ns: Mapping[str, float]


class FittedSilicon(BaseModel):
    """Logic of any machine in one library, without memories."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    source: str
    parts: Mapping[Part, FittedPart]

    def area_um2(self, part: Part, config: MachineConfig) -> float:
        """Of all modules of a part together."""
        return _sum(self.parts[part].area_um2, area_features(part, config))

    def tile_um2(self, config: MachineConfig) -> float:
        """Of all tiles, which any machine has: columns, encoders and lanes."""
        return self.area_um2(Part.COLUMNS, config) + self.area_um2(Part.ENCODERS, config)

    def logic_um2(self, config: MachineConfig) -> float:
        """Of the whole accelerator; DittosimError if the machine cannot be built into one."""
        return sum(self.area_um2(part, config) for part in Part)

    def clock_ns(self, config: MachineConfig) -> float:
        """The slowest part's; DittosimError as :meth:`logic_um2`."""
        return max(_sum(self.parts[part].clock_ns, clock_features(part, config)) for part in Part)


def memories_um2(config: MachineConfig, table: MemoryTable) -> float:
    """Area of all memory macros; DittosimError if the machine cannot be built, or by the table."""
    macros = machine_macros(config).items()
    return sum(count * table.macro(memory).area_um2 for (_, memory), count in macros)


@cache
def load_fitted() -> FittedSilicon:
    """What comes with dittosim; ``python -m bench.area`` makes it."""
    text = resources.files("dittosim.silicon").joinpath(FILE).read_text()
    return validated(FittedSilicon, parse_toml(text, FILE), FILE)


def _sum(coefficients: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(coefficients.get(name, 0.0) * value for name, value in features.items())
