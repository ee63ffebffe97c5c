import json
from pathlib import Path

import pytest

from golden.machine.config import load_config
from tests.helpers.command_line import Cli
from tests.helpers.tiny_digits import save_tiny_digits

MACHINE = 'lanes = 2\ncolumns = 4\nbeat_elements = 8\nbus_bytes = 4\ndram = "hbm2"\n'


@pytest.fixture
def tiny() -> Path:
    Path("dram.toml").write_text(MACHINE)
    return save_tiny_digits(Path("tiny"))


def test_every_byte_that_a_step_moves_is_in_its_trace(cli: Cli, tiny: Path) -> None:
    cli("requests", tiny, "-c", "dram.toml", "--steps", 2, "-o", "a.trace")
    lines = [line.split() for line in Path("a.trace").read_text().splitlines()]
    ticks = [int(tick) for _, _, tick in lines]
    assert ticks == sorted(ticks)
    assert {what for _, what, _ in lines} == {"READ", "WRITE"}
    size = load_config("dram.toml").dram.timing.access_bytes
    assert all(int(address, 16) % size == 0 for address, _, _ in lines)
    cli("simulate", tiny, "-c", "dram.toml", "--steps", 2, "--flow", "temporal", "--json", "a.json")
    flow = json.loads(Path("a.json").read_text())["flows"]["temporal"]
    cli("requests", tiny, "-c", "dram.toml", "--steps", 2, "--step", 0, "-o", "b.trace")
    first = len(Path("b.trace").read_text().splitlines())
    assert flow["dram"]["reads"] + flow["dram"]["writes"] == first + len(lines)
    # Accesses that are used in part move more than the bytes.
    assert 1 <= size * len(lines) / flow["bytes_per_step"][1] < 1.5
    cli("requests", tiny, "-c", "dram.toml", "--steps", 2, "--form", "ramulator", "-o", "c.trace")
    assert Path("c.trace").read_text().splitlines() == [
        f"{'LD' if what == 'READ' else 'ST'} {address}" for address, what, _ in lines
    ]


def test_a_machine_without_dram_is_refused(cli: Cli, tiny: Path) -> None:
    cli("requests", tiny, "-c", "tiny", "-o", "a.trace").refused("tiny: the machine is on no DRAM")
    assert not Path("a.trace").exists()
    cli("shape", "-c", "dram.toml").refused("dram.toml: shapes are chosen over layer tables")
