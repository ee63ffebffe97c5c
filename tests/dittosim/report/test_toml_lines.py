from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dittosim.report.toml_lines import machine_toml, toml_line
from golden.machine.config import MachineConfig, load_config, parse_config, preset_names
from golden.machine.tile_kind import TileKind
from tests.helpers.command_line import Cli
from tests.helpers.random_configs import random_config


@pytest.mark.parametrize("name", preset_names())
def test_presets(name: str) -> None:
    machine = load_config(name)
    text = machine_toml(machine.model_dump(mode="json"))
    assert parse_config(text, "text") == machine


@pytest.mark.parametrize("tile", TileKind)
@pytest.mark.parametrize("seed", range(20))
def test_any_machine(seed: int, tile: TileKind) -> None:
    machine = random_config(np.random.default_rng(seed), tile)
    row = machine.model_dump(mode="json")
    assert parse_config(machine_toml(row), "text").digest() == machine.digest()
    # Where a number is absent in another row, all are floats.
    row = {name: float(each) if isinstance(each, int) else each for name, each in row.items()}
    assert parse_config(machine_toml(row), "text") == machine


def test_only_what_differs_from_the_defaults() -> None:
    assert machine_toml(MachineConfig().model_dump(mode="json")) == ""
    assert machine_toml(MachineConfig(columns=32).model_dump()) == "columns = 32\n"


@pytest.mark.parametrize(
    "dram",
    [
        "lpddr4-3200",
        '{"standard": "hbm2", "channels": 2}',
        {"standard": "hbm2", "channels": 2, "window": None},
        {"standard": "ddr4-2400", "mapping": ["row", "column", "bank", "group", "channel"]},
    ],
)
def test_dram(cli: Cli, dram: Any) -> None:
    text = machine_toml({"lanes": 8, "dram": dram})
    Path("machine.toml").write_text(text)
    outcome = cli("config", "show", "machine.toml")
    assert (outcome.code, outcome.err) == (0, "")
    machine = parse_config(text, "text")
    assert machine.lanes == 8
    assert machine.dram is not None
    assert machine.dram.standard in str(dram)
    assert machine.dram.channels == (2 if "hbm2" in str(dram) else 1)


@pytest.mark.parametrize("value", [None, float("nan"), "", "{", "{}", "none such", 3, {"bus": 1}])
def test_what_is_no_dram_is_left_out(value: Any) -> None:
    assert toml_line("dram", value) == ""


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, True, 1.5, [4]])
def test_what_is_no_value_is_left_out(value: Any) -> None:
    assert toml_line("lanes", value) == ""


def test_texts_are_texts_whatever_they_hold() -> None:
    line = toml_line("tile", 'a"\\\n]\x7f😀')
    with pytest.raises(Exception, match="tile"):
        parse_config(line, "text")  # no machine, but TOML
