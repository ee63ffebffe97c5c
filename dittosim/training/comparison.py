"""What ``dittosim compare`` is told: ways of pruning, each trained several times."""

from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dittosim.training.config import TrainingConfig
from golden.errors import DittosimError
from golden.wording import validated
from golden.workload.description import read_toml

UNPRUNED = "no pruning"


class Run(NamedTuple):
    """One training of a comparison."""

    variant: str
    sparsity: float
    """0 without pruning"""
    config: TrainingConfig


class Comparison(BaseModel):
    """Trainings that differ in their pruning, sparsity and seed alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seeds: list[int] = Field(
        default=[0, 1, 2], min_length=1, description="each variant's trainings"
    )
    sparsities: list[float] = Field(min_length=1, description="each variant's sparsities")
    training: dict[str, Any] = Field(
        description="model, start, epochs and so on, of every training"
    )
    pruning: dict[str, Any] = Field(description="every, until and so on, of every variant")
    variants: dict[str, dict[str, Any]] = Field(
        min_length=1, description="by name, what a variant changes of the pruning"
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if UNPRUNED in self.variants:
            raise ValueError(f"variants: '{UNPRUNED}' is always there; choose another name")
        for names, table in (
            (("seed", "pruning"), self.training),
            (("sparsity",), self.pruning),
            *((("sparsity",), changes) for changes in self.variants.values()),
        ):
            for name in names:
                if name in table:
                    raise ValueError(
                        f"'{name}' is set by seeds, sparsities and variants: remove it"
                    )
        for run in self._described():
            try:
                self._config(*run)
            except DittosimError as error:
                raise ValueError(str(error)) from error
        return self

    def runs(self) -> list[Run]:
        """All trainings, without pruning first."""
        return [
            Run(variant, sparsity, self._config(variant, sparsity, seed))
            for variant, sparsity, seed in self._described()
        ]

    def _described(self) -> list[tuple[str, float, int]]:
        pairs = [(UNPRUNED, 0.0), *((name, s) for s in self.sparsities for name in self.variants)]
        return [(name, sparsity, seed) for name, sparsity in pairs for seed in self.seeds]

    def _config(self, variant: str, sparsity: float, seed: int) -> TrainingConfig:
        pruning = None
        if variant != UNPRUNED:
            pruning = {**self.pruning, **self.variants[variant], "sparsity": sparsity}
        values = {**self.training, "seed": seed, "pruning": pruning}
        return validated(TrainingConfig, values, variant)


def load_comparison(path: Path) -> Comparison:
    """The comparison in a TOML file; DittosimError naming the file and what is wrong in it."""
    return read_toml(path, Comparison)
