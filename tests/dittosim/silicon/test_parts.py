import re
from collections import defaultdict

import pytest

from dittosim.silicon.parts import Part, area_features, clock_features, part_of
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config
from golden.machine.tile_kind import TileKind
from tests.helpers.emissions import emission

OUTSIDE = {"array", "feeder", "input_buffer", "result_bank", "tile_row"}


def test_every_module_has_its_part() -> None:
    verilog = emission("accelerator", load_config("tiny")).verilog
    found = defaultdict(set)
    for name in re.findall(r"^module ditto_(\w+)", verilog, re.MULTILINE):
        found[part_of(f"ditto_{name}")].add(name)
    assert found[Part.COLUMNS] == {"column", "pe", "accumulator", "weight_bank"}
    assert found[Part.ENCODERS] == {"tile", "encoder", "lane_fifo", "accumulator_control"}
    assert found[Part.FEEDERS] == OUTSIDE
    assert all(name.startswith("vector_") for name in found[Part.VECTOR])
    assert all(name.startswith("output_") for name in found[Part.OUTPUT])
    assert {"core", "layer_queue", "vector_check", "axi_reader"} < found[Part.SCHEDULER]
    assert set(found) == set(Part)


@pytest.mark.parametrize("tile", TileKind)
def test_features_of_any_tile(tile: TileKind) -> None:
    """Columns and encoders also where no accelerator can be built."""
    config = MachineConfig(lanes=3, beat_elements=12, tile=tile)
    dense = tile is TileKind.DENSE
    assert min(area_features(Part.COLUMNS, config).values()) > 0
    for name, value in area_features(Part.ENCODERS, config).items():
        assert (value > 0) == (name == "tile" or name.startswith("dense") == dense)
    clock = clock_features(Part.ENCODERS, config)
    assert (clock["dense"], clock["encoding"]) == (dense, not dense)
    with pytest.raises(DittosimError, match="bus_bytes"):
        area_features(Part.FEEDERS, config)
