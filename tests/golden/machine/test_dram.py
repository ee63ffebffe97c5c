import re

import pytest

from golden.errors import DittosimError
from golden.machine.config import MachineConfig, parse_config
from golden.machine.dram import DramConfig, Standard


@pytest.mark.parametrize("standard", Standard)
def test_a_standard_by_its_name(standard: Standard) -> None:
    dram = parse_config(f'dram = "{standard}"', "m.toml").dram
    assert dram == DramConfig(standard=standard)
    assert dram.timing.access_bytes.bit_count() == dram.timing.row_bytes.bit_count() == 1
    assert dram.timing.read_to_write > 0


@pytest.mark.parametrize(
    ("standard", "peak"),
    [
        # Of the bus alone: its bits by twice its clock, HBM3 by four times.
        ("ddr4-2400", 64 / 8 * 2 / 0.83),
        ("ddr4-3200", 64 / 8 * 2 / 0.63),
        ("lpddr4-3200", 16 / 8 * 2 / 0.625),
        ("hbm2", 64 / 8 * 2 / 1.0),
        ("hbm3", 32 / 8 * 4 / 0.625),
    ],
)
def test_peak_is_that_of_the_bus(standard: str, peak: float) -> None:
    dram = DramConfig(standard=standard, channels=2)
    assert dram.peak == pytest.approx(2 * peak)
    half = dram.model_copy(update={"clock_ps": 500})
    assert half.peak == pytest.approx(peak)


def test_bits_of_an_address() -> None:
    dram = DramConfig(standard="ddr4-2400", channels=2)
    assert dram.shifts == {"channel": 6, "group": 7, "column": 9, "bank": 16, "row": 18}
    other = dram.model_copy(update={"mapping": ("row", "channel", "group", "bank", "column")})
    assert other.shifts == {"column": 6, "bank": 13, "group": 15, "channel": 17, "row": 18}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('dram = "ddr5"', "dram = 'ddr5': must be 'ddr4-2400', 'ddr4-3200'"),
        ("dram = 3", "dram = 3: must be a table"),
        ("[dram]\nchannels = 2", "dram.standard: is missing"),
        ('[dram]\nstandard = "hbm2"\nchannels = 3', "channels = 3: must be a power of two"),
        ('[dram]\nstandard = "hbm2"\nwindow = 0', "dram.window = 0: must be at least 1"),
        ('[dram]\nstandard = "hbm2"\nrows = 1', "unknown field 'rows'; the fields are standard,"),
        ('[dram]\nstandard = "hbm2"\nmapping = ["row"]', "must name row, bank, column, group and"),
        ('memory_interval = 2\ndram = "hbm2"', "leave memory_interval or dram out"),
        ('memory_latency = 2\ndram = "hbm2"', "leave memory_latency or dram out"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, expected: str) -> None:
    with pytest.raises(DittosimError, match=re.escape(expected)) as caught:
        parse_config(text, "m.toml")
    assert str(caught.value).startswith("m.toml: ")
    assert "\n" not in str(caught.value)


def test_machines_without_one_keep_their_digest() -> None:
    assert MachineConfig().digest() == "4dafea09d532"
    assert MachineConfig(dram="hbm2").digest() != MachineConfig(dram="hbm3").digest()
