"""Machines as the package's functions take them: by name, by path, or as they are."""

import json
from pathlib import Path
from typing import Any

from golden.machine.config import MachineConfig, load_config

Config = str | Path | MachineConfig
"""A preset's name, the path of a TOML file, or a configuration"""


def machine_of(config: Config) -> MachineConfig:
    """The machine that is meant; DittosimError if it is none."""
    return config if isinstance(config, MachineConfig) else load_config(str(config))


def config_name(config: Config) -> str:
    """What results call it: its name or path, or the hash of one that was built."""
    return config.digest() if isinstance(config, MachineConfig) else str(config)


def machine_row(machine: MachineConfig) -> dict[str, Any]:
    """Its fields for a row of a table: numbers and texts.

    DRAM is the name of its standard, or JSON if it has more, None of machines on none.
    """
    values = machine.model_dump(mode="json", exclude={"dram"})
    if machine.dram is None:
        return {**values, "dram": None}
    dram = machine.dram.model_dump(mode="json", exclude_defaults=True)
    return {**values, "dram": json.dumps(dram) if len(dram) > 1 else dram["standard"]}
