import pytest

from dittosim.statistics.report import DEFO, DEFO_PLUS
from golden.difference.matmul import Mode
from golden.flow.traffic import step_traffic
from tests.helpers.statistics_runs import short_report


def test_cycles_are_the_longer_of_computing_and_moving():
    report = short_report()
    for (mode, layer, step), cycles in report.mode_cycles.items():
        compute = report.statistics.entries[mode, layer, step].compute_cycles
        moved = report.mode_traffic["linear"][mode, layer, step].total
        assert cycles == max(compute, moved / 4)


def test_flows_add_up():
    report = short_report()
    judged = report.judgements[DEFO]
    by_hand = sum(
        report.defo_cycles[mode, layer, step]
        for layer, modes in judged.modes.items()
        for step, mode in enumerate(modes)
    )
    assert report.flow_cycles["Defo"] == pytest.approx(by_hand)
    for flow in (DEFO, DEFO_PLUS):
        assert report.flow_cycles[f"oracle of {flow}"] <= report.flow_cycles[flow]
    assert report.flow_cycles["oracle of Defo+"] <= report.flow_cycles["oracle of Defo"]


def test_wrong_decisions_are_those_that_the_judgement_counts():
    report = short_report()
    for flow, judgement in report.judgements.items():
        assert len(report.wrong_decisions(flow)) == judgement.decided - judgement.right


def test_bytes_under_defo_differ_from_a_known_future_by_the_second_steps_sums():
    report = short_report()
    d = report.workload.description
    modes = report.judgements[DEFO].modes
    known = step_traffic(d.graph, d.image_shape, d.formats, modes, report.links["linear"])
    for (layer, step), found in report.flow_traffic[DEFO].items():
        expected = known[layer, step]
        if step == 1:
            always = report.mode_traffic["linear"][Mode.TEMPORAL, layer, 1]
            assert found.total - always.sums == expected.total - expected.sums
        else:
            assert found == expected


def test_the_rule_decides_the_cycles():
    linear, exact = short_report(rule="linear"), short_report(rule="exact")
    assert exact.flow_cycles["temporal"] > linear.flow_cycles["temporal"]
    assert exact.flow_cycles["original"] == linear.flow_cycles["original"]
    assert (
        exact.flow_traffic["temporal, linear rule"] == linear.flow_traffic["temporal, linear rule"]
    )


def test_frame_has_a_row_per_layer_step_and_mode():
    report = short_report()
    frame = report.frame
    assert len(frame) == len(report.statistics.entries)
    assert not frame.duplicated(["layer", "step", "mode"]).any()
    row = frame.set_index(["mode", "layer", "step"]).loc[("temporal", "up", 2)]
    entry = report.statistics.entries[Mode.TEMPORAL, "up", 2]
    assert row["zero"] == entry.widths.zero
    assert row["cosine"] == entry.similarity.cosine
    traffic = report.mode_traffic["linear"][Mode.TEMPORAL, "up", 2]
    assert row["bytes_sums"] == traffic.sums
    assert row.filter(like="bytes_").sum() == traffic.total
