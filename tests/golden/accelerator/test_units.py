import pytest

from golden.accelerator.units import Units
from golden.errors import DittosimError
from golden.machine.config import MachineConfig, load_config, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_presets_make_accelerators(name: str) -> None:
    config = load_config(name)
    units = Units.of(config)
    assert units.entry_bytes == units.entry_beats * config.beat_elements
    assert units.entry_bytes == units.entry_words * config.bus_bytes
    assert units.slot_entries * units.entry_beats == config.input_beats
    assert units.row_words * config.bus_bytes == 4 * config.columns * config.tiles_n


def test_wide_bus_holds_beats() -> None:
    units = Units.of(MachineConfig(beat_elements=8, bus_bytes=32))
    assert (units.entry_beats, units.entry_words) == (4, 1)


def test_narrow_bus_needs_words() -> None:
    units = Units.of(MachineConfig(lanes=3, beat_elements=12, bus_bytes=4))
    assert (units.entry_beats, units.entry_words) == (1, 3)


def test_rows_of_incomplete_groups_are_padded() -> None:
    units = Units.of(MachineConfig(columns=17, bus_bytes=8, tiles_n=3))
    assert (units.group_words, units.tile_row_words, units.row_words) == (8, 16, 48)
    assert units.weight_row_words == 3


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lanes": 3, "beat_elements": 12, "bus_bytes": 8}, "bus_bytes = 8: must divide"),
        ({"beat_elements": 4, "bus_bytes": 64, "input_beats": 8}, "use at least 16"),
        ({"weight_depth": 4}, "weight_depth = 4: one half"),
        ({"accumulator_depth": 65536}, "use at most 65535"),
        ({"previous_words": 2}, "a row of results has 4 bus words"),
    ],
)
def test_impossible(fields: dict, message: str) -> None:
    with pytest.raises(DittosimError, match=message):
        Units.of(MachineConfig(**fields))
