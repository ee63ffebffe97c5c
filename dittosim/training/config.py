"""What ``dittosim train`` is told: one TOML file with the model, the schedule and the seed."""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden.pruning.clustering import Linkage
from golden.pruning.selection import Criterion
from golden.workload.description import read_toml

CLASSIFIER = "resnet"


class PruningConfig(BaseModel):
    """Pruning while training (REPrune, Algorithm 2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sparsity: float = Field(ge=0, lt=1, description="share of all prunable channels to remove")
    every: int = Field(gt=0, description="epochs between selections (dT)")
    until: int = Field(gt=0, description="epoch of the last selection (T_prune)")
    method: Criterion = Field(default=Criterion.REPRUNE, description="how filters are chosen")
    linkage: Linkage = Field(default=Linkage.WARD, description="how reprune clusters kernels")
    regrowth: float = Field(
        default=0.3, ge=0, le=1, description="share of filters that comes back at first; 0 is none"
    )
    columns: int = Field(
        default=1, gt=0, le=1 << 16, description="PE columns that kept counts are rounded up to"
    )
    fine_tune_rate: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="peak of a second cycle of the learning rate after the last selection; "
        "one cycle over all epochs if absent",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.every > self.until:
            raise ValueError(
                f"every = {self.every} is after until = {self.until}: no selection would be made"
            )
        if self.until % self.every:
            raise ValueError(
                f"until = {self.until}: must be a multiple of every = {self.every}, "
                "so that the last selection is made then"
            )
        return self


class TrainingConfig(BaseModel):
    """A training from start to end."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(
        description=f"a workload by name or folder, or {CLASSIFIER}, a classifier of digits"
    )
    start: Literal["scratch", "trained"] = Field(
        default="scratch", description="random weights, or those of the workload"
    )
    epochs: int = Field(gt=0, le=1_000_000, description="passes over all images")
    batch: int = Field(default=128, gt=0, le=1 << 20, description="images per iteration")
    rate: float = Field(default=2e-3, gt=0, lt=1, description="peak of the one-cycle learning rate")
    decay: float = Field(
        default=0.999, ge=0, lt=1, description="of the averaged weights, per iteration"
    )
    seed: int = Field(default=0, ge=0, lt=1 << 32, description="of all that is random")
    pruning: PruningConfig | None = Field(default=None, description="none if absent")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.pruning and self.pruning.until > self.epochs:
            raise ValueError(
                f"pruning.until = {self.pruning.until} is after the last of {self.epochs} epochs"
            )
        if self.model == CLASSIFIER and self.start == "trained":
            raise ValueError(f"start = 'trained': {CLASSIFIER} has no trained weights; use scratch")
        return self


def load_training(path: Path) -> TrainingConfig:
    """The training in a TOML file; DittosimError naming the file and what is wrong in it."""
    return read_toml(path, TrainingConfig)
