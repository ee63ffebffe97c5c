import pytest

from dittosim.silicon.fitted import load_fitted, memories_um2
from dittosim.silicon.memories import load_memories
from dittosim.silicon.parts import Part, area_features, clock_features
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config

SMALL = load_config("small")
FITTED = load_fitted()
OF_TILES = [
    {"lanes": 8},
    {"columns": 32},
    {"beat_elements": 32},
    {"fifo_depth": 8},
    {"rows_in_flight": 2},
    {"encoding": "twos-complement"},
    {"weight_depth": 4096},
]
OF_MACHINES = [*OF_TILES, {"bus_bytes": 32}, {"vector_bits": 8}, {"tiles_m": 2}, {"tiles_n": 2}]


def changed(fields: dict[str, object]) -> MachineConfig:
    return MachineConfig(**{**SMALL.model_dump(), **fields})


@pytest.mark.parametrize("fields", OF_TILES, ids=str)
def test_more_tile_is_more_area(fields: dict[str, object]) -> None:
    assert FITTED.tile_um2(changed(fields)) > FITTED.tile_um2(SMALL)


@pytest.mark.parametrize("fields", OF_MACHINES, ids=str)
def test_more_machine_is_more_area(fields: dict[str, object]) -> None:
    assert FITTED.logic_um2(changed(fields)) > FITTED.logic_um2(SMALL)
    assert FITTED.clock_ns(changed(fields)) > 0


def test_memories_are_apart() -> None:
    deeper = changed({"accumulator_depth": 4096})
    table = load_memories(None)
    assert FITTED.logic_um2(deeper) == FITTED.logic_um2(SMALL)
    assert memories_um2(deeper, table) > memories_um2(SMALL, table)


def test_tiles_of_any_shape() -> None:
    """Also where no accelerator can be built, which is told of the whole."""
    config = MachineConfig(lanes=3, beat_elements=12)
    assert FITTED.tile_um2(config) > 0
    with pytest.raises(DittosimError, match="bus_bytes"):
        FITTED.logic_um2(config)


def test_all_coefficients_are_of_features() -> None:
    assert set(FITTED.parts) == set(Part)
    for part, fitted in FITTED.parts.items():
        assert fitted.area_um2.keys() <= area_features(part, SMALL).keys()
        assert fitted.clock_ns.keys() <= clock_features(part, SMALL).keys()
