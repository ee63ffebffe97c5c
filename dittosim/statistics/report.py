"""All that ``dittosim stats`` knows of a run: statistics, memory traffic, Defo's decisions."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from golden.difference.matmul import Mode
from golden.flow.costs import bounded_cycles, defo_traffic, mode_traffic
from golden.flow.dataflow import Link, Rule, links
from golden.flow.defo import Judgement, judge
from golden.flow.traffic import Traffic
from golden.workload.workload import Workload
from sim.run.statistics import RunStatistics

RULES: tuple[Rule, ...] = ("linear", "exact")
DEFO, DEFO_PLUS = "Defo", "Defo+"
OTHERWISE = {DEFO: Mode.ACT, DEFO_PLUS: Mode.SPATIAL}
"""The mode of layers for which temporal differences lose"""
MODE_NAMES = {Mode.ACT: "original", Mode.SPATIAL: "spatial", Mode.TEMPORAL: "temporal"}


@dataclass(frozen=True)
class Report:
    """A run in one place. Cycles and bytes are those of one image, all others of all images."""

    workload: Workload
    config: str
    """Name of the machine"""
    statistics: RunStatistics
    steps: int
    seed: int
    bytes_per_cycle: int
    rule: Rule
    """Of the static analysis under which cycles are counted and Defo decides"""

    @cached_property
    def layers(self) -> list[str]:
        """In execution order."""
        return list(self.workload.layers())

    @cached_property
    def links(self) -> dict[Rule, dict[str, Link]]:
        """What the static analysis finds, by rule and layer."""
        graph = self.workload.description.graph
        return {rule: links(graph, rule) for rule in RULES}

    @cached_property
    def mode_traffic(self) -> dict[Rule | None, dict[tuple[Mode, str, int], Traffic]]:
        """Bytes in each mode, by rule of the static analysis; None is without it."""
        d = self.workload.description
        return {
            rule: mode_traffic(
                d.graph, d.image_shape, d.formats, self.steps, self.links[rule] if rule else None
            )
            for rule in (None, *RULES)
        }

    @cached_property
    def mode_cycles(self) -> dict[tuple[Mode, str, int], float]:
        """Cycles of runs that keep to one mode."""
        return bounded_cycles(self._compute, self.mode_traffic[self.rule], self.bytes_per_cycle)

    @cached_property
    def defo_cycles(self) -> dict[tuple[Mode, str, int], float]:
        """Cycles that Defo counts."""
        traffic = defo_traffic(self.mode_traffic[self.rule])
        return bounded_cycles(self._compute, traffic, self.bytes_per_cycle)

    @cached_property
    def judgements(self) -> dict[str, Judgement]:
        """Defo and Defo+ on this run."""
        return {flow: judge(self.defo_cycles, mode) for flow, mode in OTHERWISE.items()}

    @cached_property
    def flow_traffic(self) -> dict[str, dict[tuple[str, int], Traffic]]:
        """Bytes by execution flow, then by layer and step."""
        runs = {"original": self._of_mode(Mode.ACT, None)}
        runs["temporal, no static analysis"] = self._of_mode(Mode.TEMPORAL, None)
        for rule in reversed(RULES):
            runs[f"temporal, {rule} rule"] = self._of_mode(Mode.TEMPORAL, rule)
        traffic = defo_traffic(self.mode_traffic[self.rule])
        for name, judgement in self.judgements.items():
            runs[name] = {
                (layer, step): traffic[mode, layer, step]
                for layer, modes in judgement.modes.items()
                for step, mode in enumerate(modes)
            }
        return runs

    @cached_property
    def flow_cycles(self) -> dict[str, float]:
        """Cycles by execution flow."""
        totals = {
            name: sum(cycles for (m, _, _), cycles in self.mode_cycles.items() if m is mode)
            for mode, name in MODE_NAMES.items()
        }
        for name, judgement in self.judgements.items():
            totals[name] = judgement.cycles
            totals[f"oracle of {name}"] = judgement.oracle
        return totals

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per layer, step and mode; bytes as in runs that keep to that mode."""
        rows = []
        for (mode, layer, step), entry in self.statistics.entries.items():
            traffic = self.mode_traffic[self.rule][mode, layer, step]
            alike = entry.similarity
            rows.append(
                {
                    "layer": layer,
                    "step": step,
                    "mode": mode.value,
                    **vars(entry.widths),
                    "bit_operations": entry.bit_operations,
                    "dense_bit_operations": entry.dense_bit_operations,
                    "cosine": alike.cosine if alike else None,
                    "value_range": alike.value_range if alike else None,
                    "difference_range": alike.difference_range if alike else None,
                    **{f"bytes_{kind}": count for kind, count in vars(traffic).items()},
                    "compute_cycles": entry.compute_cycles,
                    "cycles": self.mode_cycles[mode, layer, step],
                }
            )
        return pd.DataFrame(rows)

    def wrong_decisions(self, flow: str) -> list[tuple[str, int]]:
        """Layers and steps, from step 3 on, in which Defo's other mode takes fewer cycles."""
        cycles = self.defo_cycles
        otherwise = OTHERWISE[flow]
        return [
            (layer, step)
            for layer, modes in self.judgements[flow].modes.items()
            for step, mode in enumerate(modes)
            if step >= 2
            and cycles[mode, layer, step]
            > min(cycles[other, layer, step] for other in (otherwise, Mode.TEMPORAL))
        ]

    @property
    def _compute(self) -> dict[tuple[Mode, str, int], float]:
        return {key: entry.compute_cycles for key, entry in self.statistics.entries.items()}

    def _of_mode(self, mode: Mode, rule: Rule | None) -> dict[tuple[str, int], Traffic]:
        found = self.mode_traffic[rule]
        return {(layer, step): found[m, layer, step] for m, layer, step in found if m is mode}
