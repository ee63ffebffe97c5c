"""Machines as the package's functions take them: by name, by path, or as they are."""

from pathlib import Path

from golden.machine.config import MachineConfig, load_config

Config = str | Path | MachineConfig
"""A preset's name, the path of a TOML file, or a configuration"""


def machine_of(config: Config) -> MachineConfig:
    """The machine that is meant; DittosimError if it is none."""
    return config if isinstance(config, MachineConfig) else load_config(str(config))


def config_name(config: Config) -> str:
    """What results call it: its name or path, or the hash of one that was built."""
    return config.digest() if isinstance(config, MachineConfig) else str(config)
