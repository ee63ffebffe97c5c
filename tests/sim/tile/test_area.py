import pytest

from golden.machine.config import MachineConfig
from sim.tile.area import tile_area

LARGER = [
    {"lanes": 8},
    {"columns": 32},
    {"beat_elements": 32},
    {"fifo_depth": 8},
    {"rows_in_flight": 2},
    {"encoding": "twos-complement"},
    {"weight_depth": 4096},
]


@pytest.mark.parametrize("change", LARGER, ids=str)
def test_more_hardware_is_more_area(change: dict[str, object]) -> None:
    assert tile_area(MachineConfig(**change)) > tile_area(MachineConfig())


def test_memories_do_not_count() -> None:
    assert tile_area(MachineConfig(accumulator_depth=4096)) == tile_area(MachineConfig())
