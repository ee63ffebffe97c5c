"""The face and all that surrounds the model: ``import dittosim``, command line, import, reports.

One function of the package per file in ``api``, one command per file in ``commands``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dittosim.api.compilation import CompiledProgram, compile
    from dittosim.api.configurations import MachineConfig, load_config, presets
    from dittosim.api.generation import Design, generate
    from dittosim.api.layers import LayerSimulation, simulate_layers
    from dittosim.api.pruning import Pruning, prune
    from dittosim.api.simulation import Simulation, simulate
    from dittosim.api.sweep import SweepResults, sweep
    from dittosim.api.timeline import Timeline, timeline
    from dittosim.api.verification import (
        Verification,
        verify,
        verify_layers,
        verify_sampling,
        verify_workloads,
    )
    from dittosim.api.workloads import Workload, load_workload, save_workload, workloads
    from golden.errors import DittosimError

__all__ = [
    "CompiledProgram",
    "Design",
    "DittosimError",
    "LayerSimulation",
    "MachineConfig",
    "Pruning",
    "Simulation",
    "SweepResults",
    "Timeline",
    "Verification",
    "Workload",
    "compile",
    "generate",
    "load_config",
    "load_workload",
    "presets",
    "prune",
    "save_workload",
    "simulate",
    "simulate_layers",
    "sweep",
    "timeline",
    "verify",
    "verify_layers",
    "verify_sampling",
    "verify_workloads",
    "workloads",
]

_PLACES = {
    "dittosim.api.compilation": ("CompiledProgram", "compile"),
    "dittosim.api.configurations": ("MachineConfig", "load_config", "presets"),
    "dittosim.api.generation": ("Design", "generate"),
    "dittosim.api.layers": ("LayerSimulation", "simulate_layers"),
    "dittosim.api.pruning": ("Pruning", "prune"),
    "dittosim.api.simulation": ("Simulation", "simulate"),
    "dittosim.api.sweep": ("SweepResults", "sweep"),
    "dittosim.api.timeline": ("Timeline", "timeline"),
    "dittosim.api.verification": (
        "Verification",
        "verify",
        "verify_layers",
        "verify_sampling",
        "verify_workloads",
    ),
    "dittosim.api.workloads": ("Workload", "load_workload", "save_workload", "workloads"),
    "golden.errors": ("DittosimError",),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first asked for: the package itself imports nothing."""
    if name not in _PLACE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_PLACE_OF[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
