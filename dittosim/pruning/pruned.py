"""What was done to a pruned workload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from golden.denoising.calibration import Calibration
from golden.pruning.channels import PrunableLayer, prunability
from golden.pruning.clustering import Linkage
from golden.pruning.cost import Cost, node_costs
from golden.pruning.layer_sparsity import KeptCount
from golden.pruning.selection import Criterion, Selection
from golden.workload.workload import Workload


@dataclass(frozen=True)
class Settings:
    """How a workload was pruned."""

    sparsity: float
    """Share of the channels that can be removed"""
    method: Criterion
    linkage: Linkage
    columns: int
    """To a multiple of which kept counts were rounded up"""
    calibration: Calibration
    seed: int

    @property
    def name(self) -> str:
        """Method, and what there is to say of it."""
        reprune = self.method is Criterion.REPRUNE
        return f"{self.method}, {self.linkage}" if reprune else self.method.value

    def figures(self) -> dict[str, Any]:
        """For --json."""
        return {
            "sparsity": self.sparsity,
            "method": self.method.value,
            "linkage": self.linkage.value if self.method is Criterion.REPRUNE else None,
            "columns": self.columns,
            "calibration": self.calibration.value,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Pruned:
    """Workloads before and after, and the choice between them."""

    before: Workload
    after: Workload
    layers: Mapping[str, PrunableLayer]
    counts: Mapping[str, KeptCount]
    selections: Mapping[str, Selection]

    def costs(self) -> dict[str, tuple[Cost, Cost]]:
        """Cost before and after of each node that has any, by name."""
        before, after = (
            node_costs(each.description.graph, each.description.image_shape)
            for each in (self.before, self.after)
        )
        return {name: (cost, after[name]) for name, cost in before.items()}


def figures(pruning: Pruned) -> dict[str, Any]:
    """All that was done, and why other layers keep their channels, for --json."""
    return {
        "layers": {
            name: {
                "filters": count.filters,
                "wanted": count.wanted,
                "kept": pruning.selections[name].kept.tolist(),
                "clusters": _list(pruning.selections[name].clusters),
                "coverage": _list(pruning.selections[name].coverage),
            }
            for name, count in pruning.counts.items()
        },
        "obstacles": prunability(pruning.before.description.graph).obstacles,
        "nodes": {
            name: {
                "macs": {"before": before.macs, "after": after.macs},
                "parameters": {"before": before.parameters, "after": after.parameters},
            }
            for name, (before, after) in pruning.costs().items()
        },
    }


def _list(values: Any) -> list[Any] | None:
    return None if values is None else values.tolist()
