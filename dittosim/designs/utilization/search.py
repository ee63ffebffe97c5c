"""The machine of a design that keeps its multipliers busiest on the models, on an area.

First the grid: lanes, columns and tiles, by cycles of the array alone. Then buffers, by cycles
with memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dittosim.designs.design import Design
from dittosim.designs.equal_area import LANES, tiles_um2
from dittosim.designs.utilization.array_cycles import least_array_cycles
from dittosim.designs.utilization.cuts import as_elements
from dittosim.designs.utilization.figures import ModelFigures, figures, least_with_memory
from dittosim.designs.utilization.model_products import ArrayProduct, all_products
from dittosim.silicon.fitted import load_fitted, memories_um2
from dittosim.silicon.memories import load_memories
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, make_config
from golden.machine.tile_kind import TileKind
from golden.step.machine_fit import runs_steps

COLUMNS = (*range(512, 15, -16), 8, 4)
"""Widest first: of machines that are as busy, with the fewest tiles"""
TILES_N = range(1, 65)
MOST_TILES_M = 256
GAIN = 0.001
BUFFERS = ("weight_depth", "accumulator_depth", "input_beats", "previous_words")


@dataclass(frozen=True)
class Choice:
    """A machine, and what it does with each model."""

    design: Design
    machine: MachineConfig
    tiles_um2: float
    memories_um2: float
    models: Mapping[str, ModelFigures]

    @property
    def least_busy(self) -> float:
        """Of all models, were they cut for the array."""
        return min(one.busy for one in self.models.values())


@dataclass(frozen=True)
class _Grids:
    """Machines like ``config``, but for columns, tiles_m and tiles_n."""

    config: MachineConfig
    grids: np.ndarray
    """int64 (count, 3)"""
    busy: np.ndarray
    """float64 (count,): the least share of multipliers of any model"""

    @property
    def multipliers(self) -> np.ndarray:
        return self.config.lanes * self.grids.prod(axis=1)

    def machine(self, index: int) -> MachineConfig:
        columns, tiles_m, tiles_n = self.grids[index].tolist()
        changes = {"columns": columns, "tiles_m": tiles_m, "tiles_n": tiles_n}
        return self.config.model_copy(update=changes)


def searched(
    design: Design,
    base: MachineConfig,
    budget_um2: float,
    share: float,
    lanes: Sequence[int] = LANES,
) -> tuple[Choice, Choice | None]:
    """Two machines, both within ``budget_um2`` for the logic of all tiles.

    The first does most multiply-accumulates a cycle on the model on which it does fewest, the array
    alone; its buffers take no more area than those of ``base``, times what the budget is more
    than its tiles. The second has most multipliers, of
    which ``share`` are busy on each model; None if none is. A design that has a size keeps it,
    whatever the area. DittosimError if nothing fits.
    """
    if design.fixed:
        return choice(design, design.config(base)), None
    found = list(_grids(design, base, budget_um2, lanes))
    if not found:
        raise DittosimError(
            f"design {design.name}: no machine on a bus of {base.bus_bytes} bytes fits into "
            f"{budget_um2 / 1e6:.4f} mm2: give a larger --budget, or another configuration"
        )
    machine = _best(found, lambda one: one.busy * one.multipliers)
    assert machine
    busy = _best(found, lambda one: np.where(one.busy >= share, one.multipliers, 0))
    memories = memories_of(base) * max(1, budget_um2 / load_fitted().tile_um2(base))
    best = choice(design, _with_buffers(design, machine, memories))
    return best, choice(design, busy) if busy else None


def _best(found: Sequence[_Grids], score: Callable[[_Grids], np.ndarray]) -> MachineConfig | None:
    """The machine of the highest score, the first of several; None if that is 0."""
    scores = [score(one) for one in found]
    which = int(np.argmax([each.max() for each in scores]))
    index = int(scores[which].argmax())
    return found[which].machine(index) if scores[which][index] else None


def choice(design: Design, machine: MachineConfig) -> Choice:
    """What a machine does, as it is; DittosimError names a model that does not fit it."""
    models = {}
    for name, found in all_products(design, as_elements(machine)).items():
        try:
            models[name] = figures(found, design, machine)
        except DittosimError as error:
            raise DittosimError(f"design {design.name}, model {name}: {error}") from error
    area = tiles_um2(design, machine, load_fitted())
    return Choice(design, machine, area, memories_of(machine), models)


def memories_of(machine: MachineConfig) -> float:
    """Area of its buffers, in um2."""
    return memories_um2(machine, load_memories(None))


def _grids(
    design: Design, base: MachineConfig, budget_um2: float, lanes: Sequence[int]
) -> Iterator[_Grids]:
    own, silicon = design.config(base), load_fitted()
    for each in lanes:
        config = _of_lanes(own, each)
        grids = []
        for columns in COLUMNS:
            tile = config.model_copy(update={"columns": columns, "tiles_m": 1, "tiles_n": 1})
            most = int(budget_um2 // tiles_um2(design, tile, silicon))
            for tiles_n in TILES_N:
                rows = min(most // tiles_n, MOST_TILES_M)
                if rows and runs_steps(tile.model_copy(update={"tiles_n": tiles_n})):
                    grids += [(columns, tiles_m, tiles_n) for tiles_m in range(1, rows + 1)]
        if grids:
            array = np.array(grids, np.int64)
            products = all_products(design, as_elements(config))
            yield _Grids(config, array, _least_busy(products, as_elements(config), array))


def _least_busy(
    products: Mapping[str, list[ArrayProduct]], config: MachineConfig, grids: np.ndarray
) -> np.ndarray:
    multipliers = config.lanes * grids.prod(axis=1)
    return np.min(
        [
            sum(one.macs for one in found)
            / (multipliers * least_array_cycles(found, config, grids))
            for found in products.values()
        ],
        axis=0,
    )


def _of_lanes(own: MachineConfig, lanes: int) -> MachineConfig:
    """With so many lanes, buffers of as many bytes.

    Beats hold as many elements for each lane, so that tiles that skip are not held up by their
    Encoding Units; dense ones take one, so that rows end within as few as can be.
    """
    dense = own.tile is TileKind.DENSE
    beat = lanes if dense else lanes * own.lane_elements
    changes = {
        "lanes": lanes,
        "beat_elements": beat,
        "weight_depth": own.max_k // lanes,
        "input_beats": own.input_beats * own.beat_elements // beat,
    }
    return make_config({**own.model_dump(), **changes}, f"{lanes} lanes")


def _with_buffers(design: Design, machine: MachineConfig, most_um2: float) -> MachineConfig:
    """Buffers doubled and halved, one at a time, while that makes models :data:`GAIN` faster.

    On the mean, memory and all.
    """
    products = all_products(design, as_elements(machine))

    def cost(one: MachineConfig) -> tuple[float, float]:
        over = max(0.0, memories_of(one) - most_um2)
        return over, 0 if over else _slowness(products, design, one)

    best, least = machine, cost(machine)
    while True:
        tried = [(cost(one), number, one) for number, one in enumerate(_neighbours(best))]
        found = min(tried, key=lambda each: each[:2], default=None)
        if found is None or found[0] >= (least[0], least[1] * (1 - GAIN)):
            break
        least, _, best = found
    if least[0] or least[1] == np.inf:
        raise DittosimError(
            f"design {design.name}: no buffers within {most_um2 / 1e6:.1f} mm2 hold what the "
            "models need; give a configuration with larger ones"
        )
    return best


def _neighbours(machine: MachineConfig) -> Iterator[MachineConfig]:
    for name in BUFFERS:
        for value in (getattr(machine, name) * 2, getattr(machine, name) // 2):
            try:
                one = make_config({**machine.model_dump(), name: value}, "buffers")
            except DittosimError:
                continue
            if runs_steps(one):
                yield one


def _slowness(
    products: Mapping[str, list[ArrayProduct]], design: Design, machine: MachineConfig
) -> float:
    """Mean of the models' cycles with memory, over those of multipliers that are always busy."""
    found = []
    for each in products.values():
        try:
            cycles = least_with_memory(each, design, machine)
        except DittosimError:
            return np.inf
        found.append(cycles * machine.multipliers / sum(one.macs for one in each))
    return float(np.mean(found))
