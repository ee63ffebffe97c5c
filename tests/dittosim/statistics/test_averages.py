import numpy as np
import pytest

from dittosim.statistics.averages import (
    bit_widths,
    comparisons,
    flow_bytes,
    layer_averages,
    layer_by_step,
    layer_bytes,
    relative_bit_operations,
)
from golden.difference.matmul import Mode
from tests.helpers.statistics_runs import short_report

STEPS = 4


def test_layers_equal_naive():
    report = short_report(STEPS)
    entries = report.statistics.entries
    averages = layer_averages(report)
    assert list(averages.index) == report.layers
    for layer in report.layers:
        later = {m: [entries[m, layer, step] for step in range(1, STEPS)] for m in Mode}
        row = averages.loc[layer]
        for mode in (Mode.TEMPORAL, Mode.SPATIAL):
            parts = [entry.similarity for entry in later[mode]]
            assert row[f"cosine_{mode}"] == pytest.approx(np.mean([p.cosine for p in parts]))
            ratio = sum(p.value_range for p in parts) / sum(p.difference_range for p in parts)
            assert row[f"range_ratio_{mode}"] == pytest.approx(ratio)
            bops = [sum(e.bit_operations for e in later[m]) for m in (mode, Mode.ACT)]
            assert row[f"bops_{mode}"] == pytest.approx(bops[0] / bops[1])
            assert bit_widths(report)[mode][layer].wide == sum(e.widths.wide for e in later[mode])


def test_steps_equal_naive():
    report = short_report(STEPS)
    entries = report.statistics.entries
    shares = relative_bit_operations(report)
    zeros = layer_by_step(report, Mode.TEMPORAL, "zero")
    assert list(zeros.index) == report.layers
    for step in range(STEPS):
        for mode in Mode:
            of_step = [entries[mode, layer, step] for layer in report.layers]
            operations = sum(e.bit_operations for e in of_step)
            dense = sum(e.dense_bit_operations for e in of_step)
            assert shares.loc[step, mode.value] == pytest.approx(operations / dense)
        for layer in report.layers:
            counted = entries[Mode.TEMPORAL, layer, step].widths.zero
            assert zeros.loc[layer, step] == counted


def test_bytes_of_layers_are_those_of_the_flows():
    report = short_report(STEPS)
    totals = flow_bytes(report)
    moved = layer_bytes(report)
    assert list(moved.columns) == list(totals)
    for flow, total in totals.items():
        assert moved[flow].sum() == total.total


def test_comparisons():
    report = short_report(STEPS)
    found = {c.key: c for c in comparisons(report)}
    averages = layer_averages(report)
    assert found["temporal_cosine"].here == pytest.approx(averages["cosine_temporal"].mean())
    assert found["temporal_cosine"].paper == 0.983
    for mode in ("act", "spatial", "temporal"):
        shares = [found[f"{mode}_{c}"].here for c in ("zero", "4_bits_or_fewer", "more")]
        assert sum(shares) == pytest.approx(100)
    bops = averages[[f"bit_operations_{mode}" for mode in Mode]].sum()
    fewer = 100 * (1 - bops["bit_operations_temporal"] / bops["bit_operations_spatial"])
    assert found["bops_below_spatial"].here == pytest.approx(fewer)
    bytes_ = flow_bytes(report)
    ratio = bytes_["temporal, no static analysis"].total / bytes_["original"].total
    assert found["temporal_accesses"].here == ratio


def test_two_steps_decide_nothing():
    assert "defo_accuracy" not in {c.key for c in comparisons(short_report(2))}
