import pytest

from golden.difference.matmul import Mode
from golden.flow.costs import bounded_cycles, defo_traffic, mode_traffic
from golden.flow.dataflow import links
from golden.flow.traffic import Traffic, layer_traffic
from golden.workload.workload import load_workload

DESCRIPTION = load_workload("digits-unet").description
GRAPH, SHAPE, FORMATS = DESCRIPTION.graph, DESCRIPTION.image_shape, DESCRIPTION.formats


@pytest.mark.parametrize("rule", [None, "linear", "exact"])
def test_runs_that_keep_to_a_mode(rule):
    found_links = links(GRAPH, rule) if rule else None
    found = mode_traffic(GRAPH, SHAPE, FORMATS, 3, found_links)
    shapes = GRAPH.shapes(SHAPE)
    for node in GRAPH.matmuls():
        link = {"link": found_links[node.name]} if found_links else {}
        for step in range(3):
            temporal = Mode.TEMPORAL if step else Mode.ACT
            expected = layer_traffic(node, shapes, FORMATS, temporal, keeps=step < 2, **link)
            assert found[Mode.TEMPORAL, node.name, step] == expected
            plain = layer_traffic(node, shapes, FORMATS, Mode.ACT)
            assert found[Mode.ACT, node.name, step] == plain
            assert found[Mode.SPATIAL, node.name, step] == plain
    assert len(found) == 3 * 3 * len(list(GRAPH.matmuls()))


def test_the_first_step_under_defo_stores_sums_in_every_mode():
    traffic = {
        (Mode.ACT, "a", 0): Traffic(inputs=1),
        (Mode.TEMPORAL, "a", 0): Traffic(inputs=1, sums=4),
        (Mode.ACT, "a", 1): Traffic(inputs=2),
        (Mode.TEMPORAL, "a", 1): Traffic(inputs=2, previous_sums=4),
    }
    found = defo_traffic(traffic)
    assert found[Mode.ACT, "a", 0] == found[Mode.TEMPORAL, "a", 0] == Traffic(inputs=1, sums=4)
    assert all(found[mode, "a", 1] == traffic[mode, "a", 1] for mode in (Mode.ACT, Mode.TEMPORAL))


def test_the_longer_of_computing_and_moving():
    compute = {(Mode.ACT, "a", 0): 10.0, (Mode.ACT, "b", 0): 10.0}
    traffic = {
        (Mode.ACT, "a", 0): Traffic(weights=20, outputs=16),
        (Mode.ACT, "b", 0): Traffic(weights=60),
    }
    assert list(bounded_cycles(compute, traffic, 4).values()) == [10.0, 15.0]
