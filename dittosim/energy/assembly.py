"""The table of a machine from its recorded windows, and how well it holds for whole layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dittosim.energy.events import EVENTS
from dittosim.energy.fit import causes, fitted
from dittosim.energy.measure import ModuleWindows
from dittosim.energy.runs import Recording
from dittosim.energy.table import EnergyTable, ModuleEnergy


@dataclass(frozen=True)
class Check:
    """A recording weighed by OpenSTA, and by the table with the simulator's counts; pJ."""

    recording: str
    cycles: int
    measured: Mapping[str, float]
    """By the rows of the table, leakage apart"""
    predicted: Mapping[str, float]

    @property
    def error(self) -> float:
        """Of the sum, relative to what was measured."""
        return sum(self.predicted.values()) / sum(self.measured.values()) - 1


def modules_of(
    windows: Sequence[ModuleWindows], recordings: Sequence[Recording]
) -> list[ModuleEnergy]:
    """Rows of the table: of each module its logic and, if it has any, its memories."""
    by_name = {one.name: one for one in recordings}
    used = [one for one in windows if one.recording in by_name]
    found = []
    for module in dict.fromkeys(one.module for one in used):
        own = [one for one in used if one.module == module]
        seen = [by_name[one.recording] for one in own]
        cycles = np.concatenate([np.full(each.windows, each.length) for each in seen])
        events = {name: np.concatenate([each.events[name] for each in seen]) for name in EVENTS}
        name = module.removeprefix("ditto_")
        logic = np.concatenate([one.logic_pj for one in own])
        macros = [one.macros_pj for one in own if one.macros_pj is not None]
        for macro, energies in [
            (False, logic),
            *([(True, np.concatenate(macros))] if macros else []),
        ]:
            if not energies.any():
                continue
            idle, each_event = fitted(energies, cycles, events, causes(name))
            found.append(
                ModuleEnergy(
                    name=name,
                    instances=own[0].instances,
                    macros=macro,
                    idle_pj=idle,
                    event_pj=each_event,
                )
            )
    return found


def check(table: EnergyTable, recording: Recording, windows: Sequence[ModuleWindows]) -> Check:
    """Holds the table against a recording of a whole queue."""
    measured: dict[str, float] = {}
    for one in windows:
        if one.recording == recording.name:
            name = one.module.removeprefix("ditto_")
            if one.logic_pj.any():
                measured[name] = float(one.logic_pj.sum())
            if one.macros_pj is not None and one.macros_pj.any():
                measured[f"{name}, memories"] = float(one.macros_pj.sum())
    predicted = table.energies(recording.counted, table.clock_ns)
    return Check(
        recording.name,
        recording.length * recording.windows,
        measured,
        {name: each for name, each in predicted.items() if not name.startswith("leakage")},
    )
