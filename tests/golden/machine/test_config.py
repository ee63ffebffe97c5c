import re

import pytest
from pydantic import ValidationError

from golden.errors import DittosimError
from golden.formats.encoding import Encoding
from golden.machine.config import (
    MachineConfig,
    load_config,
    make_config,
    parse_config,
    preset_names,
)

OTHER_VALUES = {
    "tile": "sparsity",
    "lanes": 8,
    "columns": 17,
    "tiles_m": 2,
    "tiles_n": 2,
    "beat_elements": 64,
    "fifo_depth": 5,
    "rows_in_flight": 2,
    "encoding": "twos-complement",
    "weight_depth": 512,
    "accumulator_depth": 257,
    "input_beats": 2048,
    "previous_words": 2048,
    "vector_bits": 8,
    "vector_words": 2048,
    "vector_channels": 2048,
    "defo_entries": 64,
    "defo_counter_bits": 16,
    "defo_unit": 16,
    "bus_bytes": 32,
    "burst_words": 256,
    "outstanding_reads": 8,
    "outstanding_writes": 8,
    "memory_latency": 100,
    "memory_interval": 2,
    "dram": "hbm2",
    "scratchpad_bytes": 65536,
}
"""For every field a valid value that is not its default."""


def error(text: str) -> str:
    with pytest.raises(DittosimError) as caught:
        parse_config(text, "machine.toml")
    message = str(caught.value)
    assert message.startswith("machine.toml: ")
    assert "\n" not in message
    return message.removeprefix("machine.toml: ")


@pytest.mark.parametrize("name", preset_names())
def test_presets_load(name):
    assert isinstance(load_config(name), MachineConfig)


def test_presets_are_what_they_say():
    assert preset_names() == ["tiny", "small", "paper"]
    tiny, small, paper = (load_config(name) for name in preset_names())
    assert (tiny.lanes, tiny.columns, tiny.beat_elements) == (2, 4, 8)
    assert tiny.multipliers < small.multipliers < paper.multipliers
    assert small.max_k >= 576, "holds the longest row of digits-unet"
    assert paper.multipliers == 154 * 256


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('lanes = "4"', "lanes = '4': must be a whole number"),
        ("lanes = 4.5", "lanes = 4.5: must be a whole number"),
        ("lanes = 4.0", "lanes = 4.0: must be a whole number"),
        ("lanes = true", "lanes = True: must be a whole number"),
        ("lanes = [4]", "lanes = [4]: must be a whole number"),
        ("lanes = 0", "lanes = 0: must be at least 1"),
        ("lanes = 17", "lanes = 17: must be at most 16"),
        ("columns = -1", "columns = -1: must be at least 1"),
        ("fifo_depth = 65", "fifo_depth = 65: must be at most 64"),
        ("rows_in_flight = 3", "rows_in_flight = 3: must be at most 2"),
        (
            'encoding = "booth"',
            "encoding = 'booth': must be 'sign-magnitude' or 'twos-complement'",
        ),
        ("encoding = 2", "encoding = 2: must be 'sign-magnitude' or 'twos-complement'"),
    ],
)
def test_wrong_values_name_field_value_and_rule(text, expected):
    assert error(text) == expected


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_every_field_refuses_text_and_what_is_too_small(field):
    for value in ('"nonsense"', "-1" if field == "scratchpad_bytes" else "0"):
        assert error(f"{field} = {value}").startswith(f"{field} = ")


@pytest.mark.parametrize(("name", "line"), [("lane", "lane = 4"), ("x y", '"x y" = 4')])
def test_unknown_field(name, line):
    message = error(line)
    assert message.startswith(f"unknown field '{name}'; the fields are tile, lanes, columns, ")
    assert all(field in message for field in MachineConfig.model_fields)


def test_unknown_field_with_a_line_break_in_its_name():
    assert error('"lanes\\nof" = 4').startswith("unknown field 'lanes")


@pytest.mark.parametrize(("lanes", "beat_elements"), [(3, 32), (4, 2), (4, 12), (8, 4), (5, 15)])
def test_beat_elements_not_lanes_times_a_power_of_two(lanes, beat_elements):
    message = error(f"lanes = {lanes}\nbeat_elements = {beat_elements}")
    assert message == (
        f"beat_elements = {beat_elements}: must be lanes ({lanes}) times a power of two, "
        f"such as {2 * lanes} or {4 * lanes}"
    )


@pytest.mark.parametrize(("lanes", "beat_elements"), [(3, 3), (3, 24), (5, 20), (16, 256), (1, 1)])
def test_beat_elements_lanes_times_a_power_of_two(lanes, beat_elements):
    config = parse_config(f"lanes = {lanes}\nbeat_elements = {beat_elements}", "machine.toml")
    assert config.lane_elements * lanes == beat_elements


def test_weight_depth_not_a_multiple():
    assert error("weight_depth = 14").startswith(
        "weight_depth = 14: must be a multiple of the 4 elements"
    )


@pytest.mark.parametrize("value", [5, 12, 100])
def test_bus_bytes_not_a_power_of_two(value):
    message = error(f"bus_bytes = {value}")
    assert message == f"bus_bytes = {value}: must be a power of two from 4 to 128, such as 16"


@pytest.mark.parametrize("field", ["input_beats", "previous_words"])
def test_buffers_not_a_power_of_two(field):
    assert error(f"{field} = 96") == f"{field} = 96: must be a power of two"


LEAST = f"use less, at most {(1 << 32) - 4096}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-4096, "must be at least 0"),
        (1, "must be a multiple of 4096, so that no burst is partly in it, such as 4096"),
        (65000, "must be a multiple of 4096, so that no burst is partly in it, such as 65536"),
        (1 << 32, f"leaves no addresses to memory, of the {1 << 32} that 32 bits make; {LEAST}"),
    ],
)
def test_impossible_scratchpads(value, told):
    assert error(f"scratchpad_bytes = {value}") == f"scratchpad_bytes = {value}: {told}"


def test_a_machine_without_scratchpad_keeps_its_name():
    config = MachineConfig(scratchpad_bytes=8192)
    assert config.without_scratchpad == MachineConfig()
    assert config.digest() != MachineConfig().digest() == MachineConfig(scratchpad_bytes=0).digest()


def test_sums_that_leave_32_bits():
    # 65793 = 3 * 21931 products of -255 and -128 just fit.
    shape = "lanes = 3\nbeat_elements = 3\nweight_depth = "
    largest = parse_config(f"{shape}21931", "machine.toml")
    assert largest.max_k * 255 * 128 < 2**31 <= (largest.max_k + 1) * 255 * 128
    assert largest.psum_bits == 32
    message = error(f"{shape}21932")
    assert message.startswith("weight_depth = 21932: sums over lanes * weight_depth = 65796 ")
    assert message.endswith("leave 32 bits; at most 65793 elements fit")


@pytest.mark.parametrize(
    "text", ["lanes = ", "lanes 4", "lanes = 4\nlanes = 4", "[", "lanes = 4 columns = 4", "\0"]
)
def test_malformed_toml(text):
    assert error(text).startswith("not valid TOML: ")


def load_error(name_or_path: str) -> str:
    with pytest.raises(DittosimError) as caught:
        load_config(name_or_path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_unknown_preset():
    assert load_error("huge") == (
        "no preset 'huge': choose one of tiny, small, paper, or give a path that ends in .toml"
    )


def test_missing_file(tmp_path):
    path = tmp_path / "missing.toml"
    message = load_error(str(path))
    assert message.startswith(f"cannot read configuration {path}: ")
    assert "No such file" in message


def test_folder_instead_of_a_file(tmp_path):
    path = tmp_path / "folder.toml"
    path.mkdir()
    assert load_error(str(path)).startswith(f"cannot read configuration {path}: ")


def test_file_that_is_not_text(tmp_path):
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert load_error(str(path)).startswith(f"cannot read configuration {path}: ")


def test_errors_of_a_file_name_it(tmp_path):
    path = tmp_path / "machine.toml"
    path.write_text("lanes = 99")
    assert load_error(str(path)).startswith(f"{path}: lanes = 99: ")


def test_file_loads(tmp_path):
    path = tmp_path / "machine.toml"
    path.write_text('lanes = 2\nencoding = "twos-complement"\n')
    assert load_config(str(path)) == MachineConfig(lanes=2, encoding=Encoding.TWOS_COMPLEMENT)


def test_make_config_names_its_source():
    with pytest.raises(DittosimError, match=re.escape("--set: lanes = 0: ")):
        make_config({"lanes": 0}, "--set")


@pytest.mark.parametrize("encoding", Encoding)
def test_encoding_by_name_or_member(encoding):
    assert make_config({"encoding": encoding.value}, "") == MachineConfig(encoding=encoding)


def test_digest_differs_with_every_field():
    assert set(OTHER_VALUES) == set(MachineConfig.model_fields)
    machines = [MachineConfig()]
    machines += [make_config({field: value}, field) for field, value in OTHER_VALUES.items()]
    digests = {machine.digest() for machine in machines}
    assert len(digests) == len(machines)


def test_digest_is_stable():
    # It names cached builds: equal in every process and on every machine.
    assert MachineConfig().digest() == MachineConfig(lanes=4).digest()
    assert MachineConfig().digest() == "4dafea09d532"
    assert re.fullmatch("[0-9a-f]{12}", load_config("tiny").digest())


@pytest.mark.parametrize("field", OTHER_VALUES)
def test_frozen(field):
    config = MachineConfig()
    with pytest.raises(ValidationError, match="frozen"):
        setattr(config, field, OTHER_VALUES[field])
    assert config == MachineConfig()


def test_equal_configurations_are_one_dictionary_key():
    assert len({MachineConfig(), MachineConfig(lanes=4), MachineConfig(lanes=8)}) == 2


def test_every_field_is_described():
    assert all(field.description for field in MachineConfig.model_fields.values())


def test_derived_sizes():
    config = MachineConfig(
        lanes=4, columns=20, tiles_m=2, tiles_n=3, beat_elements=32, weight_depth=64
    )
    assert config.lane_elements == 8
    assert config.max_k == 256
    assert config.max_beats == 8
    assert (config.group_columns, config.column_groups) == (16, 2)
    assert config.multipliers == 4 * 20 * 2 * 3
    assert config.product_bits == 13
    # 256 * 255 * 128 is below 2**23, and one bit is for the sign.
    assert config.psum_bits == 24
    assert (config.bus_bits, config.page_words) == (128, 256)
