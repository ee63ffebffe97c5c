"""Averages of a run's statistics: per layer, per step, and of the whole beside the paper's.

Over the steps from the second on, in every mode, so that modes are compared on the same steps.
"""

from dataclasses import dataclass

import pandas as pd

from dittosim.plots import PAPER_BIT_WIDTHS, percentages
from dittosim.statistics import paper
from dittosim.statistics.report import DEFO, DEFO_PLUS, MODE_NAMES, Report
from golden.difference.bit_widths import BitWidths
from golden.difference.matmul import Mode
from golden.flow.traffic import Traffic

COUNTS = ["zero", "narrow", "wide", "slots", "bit_operations", "dense_bit_operations"]


def bit_widths(report: Report) -> dict[Mode, dict[str, BitWidths]]:
    """Bit widths by mode and layer."""
    found: dict[Mode, dict[str, BitWidths]] = {mode: {} for mode in PAPER_BIT_WIDTHS}
    for (mode, layer, step), entry in report.statistics.entries.items():
        if step:
            found[mode][layer] = found[mode].get(layer, BitWidths()) + entry.widths
    return found


def layer_averages(report: Report) -> pd.DataFrame:
    """One row per layer; a column per figure and mode, such as ``cosine_temporal``.

    Cosines and ranges are means over the steps, ``range_ratio`` is the ratio of the mean ranges,
    ``bops`` are relative to the layer on original activations, ``dense`` relative to 8 bits and
    no zeros skipped. NaN stands where there is no such figure.
    """
    frame = report.frame[report.frame["step"] > 0]
    groups = frame.groupby(["layer", "mode"], sort=False)
    means = groups[["cosine", "value_range", "difference_range"]].mean()
    changing = means["difference_range"].where(means["difference_range"] > 0)
    means["range_ratio"] = means["value_range"] / changing
    sums = groups[COUNTS].sum()
    means["dense"] = sums["bit_operations"] / sums["dense_bit_operations"]
    wide = means.join(sums).reset_index().pivot(index="layer", columns="mode").loc[report.layers]
    wide.columns = wide.columns.map("_".join)
    for mode in (Mode.SPATIAL, Mode.TEMPORAL):
        wide[f"bops_{mode}"] = wide[f"bit_operations_{mode}"] / wide[f"bit_operations_{Mode.ACT}"]
    return wide


def layer_by_step(report: Report, mode: Mode, figure: str) -> pd.DataFrame:
    """A figure of one mode, layers down and steps across."""
    frame = report.frame[report.frame["mode"] == mode.value]
    return frame.pivot(index="layer", columns="step", values=figure).loc[report.layers]


def relative_bit_operations(report: Report) -> pd.DataFrame:
    """BOPs of all layers relative to dense 8 bits; steps down and modes across."""
    sums = report.frame.groupby(["step", "mode"], sort=False)[COUNTS].sum()
    shares = sums["bit_operations"] / sums["dense_bit_operations"]
    return shares.unstack("mode")


def flow_bytes(report: Report) -> dict[str, Traffic]:
    """Bytes of the whole run, first step included, by execution flow."""
    return {flow: sum(run.values(), Traffic()) for flow, run in report.flow_traffic.items()}


def layer_bytes(report: Report) -> pd.DataFrame:
    """Bytes of the whole run; layers down, execution flows across."""
    rows = {
        flow: {
            layer: sum(run[layer, step].total for step in range(report.steps))
            for layer in report.layers
        }
        for flow, run in report.flow_traffic.items()
    }
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Comparison:
    """A figure of this run beside the paper's."""

    key: str
    what: str
    here: float
    paper: float
    unit: str
    """``%``, ``x`` (a ratio), or nothing"""


def comparisons(report: Report) -> list[Comparison]:
    """Averages over all layers, as far as the paper has them.

    Cosines and ratios of ranges are means over the layers; bit widths, BOPs and bytes are sums.
    """
    layers = layer_averages(report)
    found = [
        Comparison(
            "temporal_cosine",
            "cosine with the previous step",
            layers["cosine_temporal"].mean(),
            paper.TEMPORAL_COSINE,
            "",
        ),
        Comparison(
            "spatial_cosine",
            "cosine with the neighbouring row",
            layers["cosine_spatial"].mean(),
            paper.SPATIAL_COSINE,
            "",
        ),
        Comparison(
            "range_ratio",
            "range of values / of temporal differences",
            layers["range_ratio_temporal"].mean(),
            paper.RANGE_RATIO,
            "x",
        ),
    ]
    for mode, by_layer in bit_widths(report).items():
        shares = percentages(sum(by_layer.values(), BitWidths()))
        classes = ("zero", "4 bits or fewer", "more")
        for name, here, there in zip(classes, shares, PAPER_BIT_WIDTHS[mode], strict=True):
            subject = MODE_NAMES[mode] + (" differences" if mode is not Mode.ACT else "")
            key = f"{mode}_{name.replace(' ', '_')}"
            found.append(Comparison(key, f"{subject}: {name}", here, there, "%"))
    operations = layers.filter(like="bit_operations_").sum()
    temporal = operations[f"bit_operations_{Mode.TEMPORAL}"]
    for key, what, mode, there in [
        ("bops_below_original", "BOPs below the original's", Mode.ACT, paper.BOPS_BELOW_ORIGINAL),
        ("bops_below_spatial", "BOPs below spatial", Mode.SPATIAL, paper.BOPS_BELOW_SPATIAL),
    ]:
        share = 100 * (1 - temporal / operations[f"bit_operations_{mode}"])
        found.append(Comparison(key, what, share, there, "%"))
    bytes_ = flow_bytes(report)
    for key, what, flow, there in [
        (
            "temporal_accesses",
            "memory traffic, no static analysis",
            "temporal, no static analysis",
            paper.TEMPORAL_ACCESSES,
        ),
        ("defo_accesses", "memory traffic with Defo", DEFO, paper.DEFO_ACCESSES),
        ("defo_plus_accesses", "memory traffic with Defo+", DEFO_PLUS, paper.DEFO_PLUS_ACCESSES),
    ]:
        ratio = bytes_[flow].total / bytes_["original"].total
        found.append(Comparison(key, what, ratio, there, "x"))
    defo = report.judgements[DEFO]
    if defo.decided:
        accuracy = Comparison(
            "defo_accuracy", "Defo: right decisions", 100 * defo.accuracy, paper.DEFO_ACCURACY, "%"
        )
        found.append(accuracy)
    changed = 100 * defo.changed
    found.append(
        Comparison("defo_changed", "Defo: layers changed", changed, paper.DEFO_CHANGED, "%")
    )
    return found
