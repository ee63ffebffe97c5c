"""The tables of a run, as text, for the console and for the page."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

import pandas as pd
from rich.table import Table as ConsoleTable

from dittosim.console import result_table
from dittosim.plots import PAPER_BIT_WIDTHS, percentages
from dittosim.statistics.averages import (
    bit_widths,
    comparisons,
    flow_bytes,
    layer_averages,
    layer_bytes,
)
from dittosim.statistics.report import DEFO, DEFO_PLUS, MODE_NAMES, RULES, Report
from golden.difference.bit_widths import BitWidths
from golden.difference.matmul import Mode
from golden.flow.traffic import Traffic

NONE = "-"
PAPER = "paper*"
"""Heads the columns that are not of this run; the star is explained where the table stands."""


@dataclass(frozen=True)
class Table:
    """Rows of text below their headings; the first column is text, all others are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    last: Sequence[str] | None = None
    """A row of totals or means"""

    def on_console(self) -> ConsoleTable:
        """The table for the terminal."""
        table = result_table(self.title, *self.columns)
        for row in self.rows:
            table.add_row(*row)
        if self.last:
            table.add_section()
            table.add_row(*self.last)
        return table


def _number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}" if math.isfinite(value) else NONE


def layer_table(report: Report) -> Table:
    """The essential of every layer, within 80 columns."""
    averages = layer_averages(report)
    widths = bit_widths(report)[Mode.TEMPORAL]
    bytes_ = layer_bytes(report)
    flow = f"temporal, {report.rule} rule"

    def row(
        name: str, layers: pd.DataFrame, counted: BitWidths, moved: pd.DataFrame
    ) -> Sequence[str]:
        bops = layers.filter(like="bit_operations_").sum()
        return [
            name,
            _number(layers["cosine_temporal"].mean(), 3),
            _number(layers["cosine_spatial"].mean(), 2),
            _number(layers["range_ratio_temporal"].mean(), 1),
            *(f"{share:.1f}" for share in percentages(counted)),
            _number(bops["bit_operations_temporal"] / bops["bit_operations_act"], 2),
            f"{moved[flow].sum() / moved['original'].sum():.2f}",
        ]

    return Table(
        "temporal differences of each layer, from the second step on",
        (
            "layer",
            "cosine\nsteps",
            "cosine\nrows",
            "range\nratio",
            "zero\n%",
            "4 bits\n%",
            "more\n%",
            "BOPs\n/orig.",
            "bytes\n/orig.",
        ),
        [
            row(name, averages.loc[[name]], widths[name], bytes_.loc[[name]])
            for name in report.layers
        ],
        row("all layers", averages, sum(widths.values(), BitWidths()), bytes_),
    )


def summary_table(report: Report) -> Table:
    """This run beside the paper."""

    def text(value: float, unit: str) -> str:
        return f"{_number(value, 2)} {unit}" if unit else _number(value, 3)

    return Table(
        "averages beside the paper's",
        ("figure", report.workload.name, PAPER),
        [(c.what, text(c.here, c.unit), text(c.paper, c.unit)) for c in comparisons(report)],
    )


def flow_table(report: Report) -> Table:
    """What the execution flows take, and what Defo's decisions are worth."""
    cycles = report.flow_cycles
    rows = []
    for flow, total in cycles.items():
        judged = report.judgements.get(flow)
        decided = judged is not None and judged.decided
        rows.append(
            (
                flow,
                f"{total:,.0f}",
                f"{cycles['original'] / total:.3f}",
                f"{100 * judged.accuracy:.1f}" if judged and decided else NONE,
                f"{100 * judged.regret:.2f}" if judged else NONE,
                f"{100 * judged.changed:.1f}" if judged else NONE,
            )
        )
    return Table(
        f"cycles of an image on '{report.config}', {report.bytes_per_cycle} bytes per cycle",
        ("flow", "cycles", "speedup", "accuracy\n%", "regret\n%", "changed\n%"),
        rows,
    )


def similarity_table(report: Report) -> Table:
    """Cosines and ranges of each layer."""
    averages = layer_averages(report)

    def row(name: str, a: pd.Series) -> Sequence[str]:
        return [
            name,
            _number(a["cosine_temporal"], 4),
            _number(a["cosine_spatial"], 3),
            _number(a["value_range_temporal"], 1),
            _number(a["difference_range_temporal"], 1),
            _number(a["difference_range_spatial"], 1),
            _number(a["range_ratio_temporal"], 2),
            _number(a["range_ratio_spatial"], 2),
        ]

    return Table(
        "Cosine similarity and value ranges (in steps of the 8-bit scale)",
        (
            "layer",
            "cosine temporal",
            "cosine spatial",
            "range of values",
            "of temporal differences",
            "of spatial differences",
            "values / temporal",
            "values / spatial",
        ),
        [row(str(name), average) for name, average in averages.iterrows()],
        row("mean of layers", averages.mean()),
    )


def width_table(report: Report) -> Table:
    """Bit widths of each layer in each mode."""
    widths = bit_widths(report)

    def row(name: str, parts: Iterable[Sequence[float]]) -> Sequence[str]:
        return [name, *(f"{share:.2f}" for part in parts for share in part)]

    totals = (sum(layers.values(), BitWidths()) for layers in widths.values())
    rows = [row(n, (percentages(w[n]) for w in widths.values())) for n in report.layers]
    rows.append(row("all layers", map(percentages, totals)))
    columns = [
        f"{MODE_NAMES[mode]} {name}" for mode in widths for name in ("zero", "4 bits", "more")
    ]
    return Table(
        "Elements by the bits they need, %",
        ("layer", *columns),
        rows,
        row(f"{PAPER}, 7 models", PAPER_BIT_WIDTHS.values()),
    )


def operations_table(report: Report) -> Table:
    """BOPs of each layer in each mode."""
    averages = layer_averages(report)

    def row(name: str, layers: pd.DataFrame) -> Sequence[str]:
        bops = {mode: layers[f"bit_operations_{mode}"].sum() for mode in Mode}
        dense = layers["dense_bit_operations_act"].sum()
        act, spatial, temporal = bops[Mode.ACT], bops[Mode.SPATIAL], bops[Mode.TEMPORAL]
        values = (temporal / act, spatial / act, temporal / spatial, act / dense, temporal / dense)
        return [name, f"{dense / 1e9:.2f}", *(_number(value, 3) for value in values)]

    return Table(
        "Bit operations",
        (
            "layer",
            "dense, 1e9",
            "temporal / original",
            "spatial / original",
            "temporal / spatial",
            "original / dense",
            "temporal / dense",
        ),
        [row(name, averages.loc[[name]]) for name in report.layers],
        row("all layers", averages),
    )


def traffic_table(report: Report) -> Table:
    """Bytes by kind of each execution flow."""
    totals = flow_bytes(report)
    kinds = [field.name for field in fields(Traffic)]
    return Table(
        "Memory traffic of an image, kB",
        ("flow", *(kind.replace("_", " ") for kind in kinds), "all", "/ original"),
        [
            (
                flow,
                *(f"{getattr(total, kind) / 1e3:,.1f}" for kind in kinds),
                f"{total.total / 1e3:,.1f}",
                f"{total.total / totals['original'].total:.3f}",
            )
            for flow, total in totals.items()
        ],
    )


def layer_traffic_table(report: Report) -> Table:
    """Bytes of each layer in each execution flow."""
    moved = layer_bytes(report) / report.steps / 1e3
    return Table(
        "Memory traffic of each layer, kB a step",
        ("layer", *moved.columns),
        [(name, *(f"{value:,.1f}" for value in moved.loc[name])) for name in report.layers],
        ("all layers", *(f"{value:,.1f}" for value in moved.sum())),
    )


def savings_table(report: Report) -> Table:
    """Loads and stores that the static analysis saves in each layer on temporal differences."""
    kinds = {
        "previous_inputs": "previous input not loaded",
        "previous_sums": "previous sums not loaded",
        "sums": "sums not stored",
    }
    whole = report.flow_traffic["temporal, no static analysis"]

    def saved(layer: str) -> Iterable[float]:
        for rule in RULES:
            left = report.flow_traffic[f"temporal, {rule} rule"]
            for kind in kinds:
                steps = range(report.steps)
                yield sum(
                    getattr(whole[layer, s], kind) - getattr(left[layer, s], kind) for s in steps
                )

    def row(name: str, values: Iterable[float]) -> Sequence[str]:
        return [name, *(f"{v / report.steps / 1e3:,.1f}" if v else NONE for v in values)]

    savings = {name: list(saved(name)) for name in report.layers}
    return Table(
        "What the static analysis saves, kB a step",
        ("layer", *(f"{rule}: {text}" for rule in RULES for text in kinds.values())),
        [row(name, values) for name, values in savings.items()],
        row("all layers", map(sum, zip(*savings.values(), strict=True))),
    )


def decision_table(report: Report) -> Table:
    """Defo's log: what it counted in the first two steps, and what it chose."""
    defo, plus = (report.judgements[name] for name in (DEFO, DEFO_PLUS))
    rows = []
    for name, decision in defo.decisions.items():
        rows.append(
            (
                name,
                f"{decision.act:,}",
                f"{decision.temporal:,}",
                MODE_NAMES[decision.mode],
                MODE_NAMES[plus.decisions[name].mode],
                *(_right(report, flow, name) for flow in (DEFO, DEFO_PLUS)),
            )
        )
    return Table(
        "Defo's decisions (counts of 16 cycles)",
        (
            "layer",
            "count on original",
            "count on temporal",
            "Defo",
            "Defo+",
            "Defo right, %",
            "Defo+ right, %",
        ),
        rows,
    )


def _right(report: Report, flow: str, layer: str) -> str:
    steps = report.steps - 2
    if not steps:
        return NONE
    wrong = sum(name == layer for name, _ in report.wrong_decisions(flow))
    return f"{100 * (1 - wrong / steps):.1f}"
