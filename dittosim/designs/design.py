"""A design: a kind of machine and the flow in which it runs."""

import json
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dittosim.flows import FlowName
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, make_config
from golden.reading import parse_toml, read_text
from golden.wording import validated
from sim.designs.cambricon_d import CambriconD
from sim.run.cycle_model import CycleModel

SHIPPED = (
    "itc",
    "diffy",
    "cambricon-d",
    "cambricon-d-unmasked",
    "bit-width",
    "sparsity",
    "ditto-raw-attention",
    "ditto-temporal",
    "ditto",
    "ditto-plus",
)
"""Designs that come with dittosim, in the order in which they are compared"""
SHAPE = ("lanes", "columns", "tiles_m", "tiles_n")
"""Fields by which a machine grows; a design that gives none has those that fit the area"""


class Model(StrEnum):
    """Cycle models that stand for the tiles of a design."""

    CAMBRICON_D = "cambricon-d"
    CAMBRICON_D_UNMASKED = "cambricon-d-unmasked"

    def make(self) -> CycleModel:
        """One for a run."""
        return CambriconD(sign_mask=self is Model.CAMBRICON_D)


class Design(BaseModel):
    """The contents of DESIGN.toml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    title: str = Field(min_length=1)
    flow: FlowName
    model: Model | None = None
    multiplier_bits: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Of products of all multipliers in place of one of the machine's; those of the machine if
    absent"""
    multipliers_in_paper: str = ""
    assumptions: tuple[str, ...] = ()
    machine: dict[str, Any] = {}
    """Fields in which it differs from the machine that all are compared on"""

    @model_validator(mode="after")
    def _runs(self) -> Self:
        if self.flow is FlowName.FLOAT:
            raise ValueError("flow = 'float': machines compute in integers; choose another flow")
        return self

    @property
    def fixed(self) -> bool:
        """Whether its size is its own."""
        return any(field in self.machine for field in SHAPE)

    def config(self, base: MachineConfig, **changes: int) -> MachineConfig:
        """Its machine; DittosimError names a field that is none, or is impossible."""
        fields = {**base.model_dump(), **changes, **self.machine}
        return make_config(fields, f"design {self.name}")


def load_design(place: str) -> Design:
    """The design of that name, or in the TOML file at that path.

    DittosimError if there is none, or it is wrong.
    """
    if place in SHIPPED:
        source = resources.files("dittosim.designs").joinpath(f"shipped/{place}.toml")
        return validated(Design, parse_toml(source.read_text(), place), place)
    path = Path(place)
    if path.suffix != ".toml":
        raise DittosimError(
            f"no design '{place}': choose one of {', '.join(SHIPPED)}, or give a path that ends in "
            ".toml"
        )
    return validated(Design, parse_toml(read_text(path, "design"), place), path)


def design_text(design: Design, machine: MachineConfig, base: MachineConfig) -> str:
    """As TOML, which :func:`load_design` reads, with the size of ``machine``.

    Of its fields those in which it differs from ``base``.
    """
    head = design.model_dump(mode="json", exclude={"machine"}, exclude_none=True)
    before = base.model_dump(mode="json")
    fields = machine.model_dump(mode="json").items()
    changed = {name: value for name, value in fields if value != before[name] or name in SHAPE}
    lines = [f"{name} = {json.dumps(value)}" for name, value in head.items()]
    lines += ["", "[machine]", *(f"{name} = {json.dumps(each)}" for name, each in changed.items())]
    return "\n".join([*lines, ""])
