"""Which benches look at which modules: those whose top contains them."""

import gc
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from amaranth.hdl import UnusedElaboratable

from golden.machine.config import MachineConfig
from rtl.blocks.module import RtlModule
from rtl.emission.emit import TOPS, Emission, emit, reasons_against
from tb.runner import BENCHES

ALIKE = 1.2
"""Designs up to so many times as large as others are of one stage with them"""


@dataclass(frozen=True)
class Run:
    """A bench, with random stalls or without."""

    bench: str
    stalls: bool

    @property
    def top(self) -> str:
        """The top that it drives, a key of :data:`rtl.emission.emit.TOPS`."""
        return BENCHES[self.bench].top

    def __str__(self) -> str:
        return f"{self.bench}{' with stalls' if self.stalls else ''}"


@cache
def emission_of(top: str, config: MachineConfig) -> Emission:
    """Verilog of a top, made once in a process."""
    return emit(top, config)


@cache
def modules_in(top: str, config: MachineConfig) -> frozenset[str]:
    """Names of a top's modules, its own included; sooner than by emitting them."""
    with warnings.catch_warnings():
        # What is elaborated here stays here.
        warnings.simplefilter("ignore", UnusedElaboratable)
        names = _names(TOPS[top](config))
        gc.collect()
    return frozenset(names)


def _names(component: RtlModule) -> set[str]:
    names: set[str] = set()
    waiting = [component]
    while waiting:
        module = waiting.pop()
        if module.module_name in names:
            continue
        names.add(module.module_name)
        if module.verilog is None:
            module.elaborate(None)
            waiting += module.children
    return names


def stages(config: MachineConfig) -> list[list[str]]:
    """The tops that a machine has, from the smallest to the largest, those alike in size together.

    The benches of a stage are worth running only on what those before it did not notice.
    """
    tops = [top for top in TOPS if top not in reasons_against(config)]
    sizes = {top: len(modules_in(top, config)) for top in tops}
    found: list[list[str]] = []
    for top in sorted(tops, key=sizes.__getitem__):
        if found and sizes[top] < ALIKE * sizes[found[-1][0]]:
            found[-1].append(top)
        else:
            found.append([top])
    return found


def runs_of(tops: Iterable[str], config: MachineConfig) -> list[Run]:
    """All runs of the benches on these tops."""
    return [
        Run(bench.name, stalls)
        for top in tops
        for bench in BENCHES.values()
        if bench.top == top and not bench.reason_against(config)
        for stalls in ((False, True) if bench.stalls else (False,))
    ]
