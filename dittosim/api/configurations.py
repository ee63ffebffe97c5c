"""Machines: presets, files, and fields that differ from them."""

from typing import Any

from dittosim.machines import Config, config_name, machine_of
from golden.machine.config import MachineConfig, make_config, preset_names

__all__ = ["MachineConfig", "load_config", "presets"]


def presets() -> list[str]:
    """Names of the configurations that come with dittosim, smallest first."""
    return preset_names()


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
