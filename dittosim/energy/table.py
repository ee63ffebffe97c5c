"""The table of energies: what each module takes in a cycle at rest, and for each event."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from dittosim.energy.events import CYCLES, EVENTS
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind
from golden.reading import parse_toml, read_text
from golden.wording import validated

SHIPPED, SHIPPED_DENSE = "small45", "dense45"
"""The tables that come with dittosim: of ``small``, and of the same with dense tiles"""


class ModuleEnergy(BaseModel):
    """All instances of a module together, or all macros of one kind in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="of the module in the Verilog, without ditto_")
    instances: int = Field(ge=1)
    macros: bool = Field(default=False, description="its memory macros, not its logic")
    idle_pj: float = Field(ge=0, allow_inf_nan=False, description="in every cycle")
    event_pj: Mapping[str, float] = Field(description="more for each event")


class EnergyTable(BaseModel):
    """Energies of one machine, mapped to one library."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    source: str = Field(description="the command that made it, its tools and memories")
    configuration: str = Field(description="name")
    machine: MachineConfig = Field(description="its fields")
    clock_ns: float = Field(gt=0, allow_inf_nan=False, description="of the slowest module")
    logic_leakage_uw: float = Field(ge=0, allow_inf_nan=False)
    macros_leakage_uw: float = Field(ge=0, allow_inf_nan=False)
    modules: tuple[ModuleEnergy, ...]

    def check(self, config: MachineConfig) -> None:
        """DittosimError if the table is of another machine, or has events that there are not.

        DRAM is outside of the machine.
        """
        if config.model_copy(update={"dram": self.machine.dram}) != self.machine:
            raise DittosimError(
                f"the energies of '{self.title}' are those of another machine, "
                f"{self.configuration}: measure this one by dittosim energy -c CONFIG -o FILE"
            )
        for module in self.modules:
            if unknown := [name for name in module.event_pj if name not in EVENTS]:
                raise DittosimError(
                    f"energies of '{self.title}', module {module.name}: no event '{unknown[0]}'; "
                    f"there are {', '.join(EVENTS)}"
                )

    def energies(self, events: Mapping[str, int], clock_ns: float) -> dict[str, float]:
        """Picojoules of each module and of leakage, by what its row is called."""
        found = {
            row_name(module): module.idle_pj * events[CYCLES]
            + sum(each * events[name] for name, each in module.event_pj.items())
            for module in self.modules
        }
        nanojoules = events[CYCLES] * clock_ns * 1e-3
        found["leakage of logic"] = self.logic_leakage_uw * nanojoules
        found["leakage of memories"] = self.macros_leakage_uw * nanojoules
        return found


def row_name(module: ModuleEnergy) -> str:
    """What a row of the table is called."""
    return f"{module.name}, memories" if module.macros else module.name


def shipped_for(config: MachineConfig) -> str:
    """The table that comes with dittosim and has the modules of such a machine."""
    return SHIPPED_DENSE if config.tile is TileKind.DENSE else SHIPPED


def load_energies(place: str) -> EnergyTable:
    """A table that comes with dittosim, by its name, or one in a TOML file.

    DittosimError if it cannot be read, or is none.
    """
    if place in (SHIPPED, SHIPPED_DENSE):
        text = resources.files("dittosim.energy").joinpath(f"{place}.toml").read_text()
        return validated(EnergyTable, parse_toml(text, place), place)
    path = Path(place)
    text = read_text(path, "energies")
    return validated(EnergyTable, parse_toml(text, place), path)


def table_text(table: EnergyTable) -> str:
    """As TOML, which :func:`load_energies` reads."""
    lines = ["# Energies for `dittosim simulate --energy`, pJ: all instances of a module together."]
    for name in ("title", "source", "configuration"):
        lines.append(f"{name} = {_quoted(getattr(table, name))}")
    for name in ("clock_ns", "logic_leakage_uw", "macros_leakage_uw"):
        lines.append(f"{name} = {getattr(table, name):.6g}")
    lines += ["", "[machine]"]
    for name, value in table.machine.model_dump(mode="json", exclude={"dram"}).items():
        lines.append(f"{name} = {_quoted(value) if isinstance(value, str) else value}")
    for module in table.modules:
        lines += ["", "[[modules]]", f"name = {_quoted(module.name)}"]
        lines.append(f"instances = {module.instances}")
        if module.macros:
            lines.append("macros = true")
        lines.append(f"idle_pj = {module.idle_pj:.4g}")
        pairs = (f"{_quoted(name)} = {each:.4g}" for name, each in module.event_pj.items())
        lines.append(f"event_pj = {{ {', '.join(pairs)} }}")
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
