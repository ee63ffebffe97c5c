"""Machines: presets, files, and fields that differ from them."""

from pathlib import Path
from typing import Any

from golden.machine import config as machines
from golden.machine.config import MachineConfig, make_config

Config = str | Path | MachineConfig
"""A preset's name, the path of a TOML file, or a configuration"""


def presets() -> list[str]:
    """Names of the configurations that come with dittosim, smallest first."""
    return machines.preset_names()


def load_config(name_or_path: Config, **fields: Any) -> MachineConfig:
    """A machine: a preset by name or a TOML file by path, with ``fields`` instead of its own.

    ``load_config("small", columns=32, memory_interval=2)`` is ``small`` with wider tiles on a
    memory of half the rate. Raises DittosimError naming what is no valid machine, and why.
    """
    machine = machine_of(name_or_path)
    if not fields:
        return machine
    source = f"{config_name(name_or_path)} with {', '.join(fields)}"
    return make_config({**machine.model_dump(), **fields}, source)


def machine_of(config: Config) -> MachineConfig:
    """The machine that a function was given; DittosimError if it is none."""
    if isinstance(config, MachineConfig):
        return config
    return machines.load_config(str(config))


def config_name(config: Config) -> str:
    """What results call it: its name or path, or the hash of one that was built."""
    return config.digest() if isinstance(config, MachineConfig) else str(config)
