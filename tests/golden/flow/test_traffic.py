import pytest

from golden.difference.matmul import Mode
from golden.flow.dataflow import Link
from golden.flow.traffic import Traffic, layer_traffic, step_traffic
from golden.formats.quantization import TensorFormat
from golden.network.graph import IMAGE, Graph
from golden.network.nodes import AttentionScores, Conv2d, Linear, Node

CONV = Conv2d(name="conv", inputs=(IMAGE,), in_channels=2, out_channels=5, kernel=3, padding=1)
SHAPES = {IMAGE: (4, 6, 2), "conv": (4, 6, 5)}
FORMATS = {IMAGE: TensorFormat(scale=1), "conv": TensorFormat(scale=1, bits=16)}
WEIGHTS, INPUTS, OUTPUTS = 3 * 3 * 2 * 5, 4 * 6 * 2, 4 * 6 * 5


def test_original_and_spatial_move_each_tensor_once() -> None:
    expected = Traffic(weights=WEIGHTS, inputs=INPUTS, outputs=2 * OUTPUTS)
    for mode in (Mode.ACT, Mode.SPATIAL):
        assert layer_traffic(CONV, SHAPES, FORMATS, mode) == expected
    assert expected.total == WEIGHTS + INPUTS + 2 * OUTPUTS


def test_temporal_loads_what_was_before() -> None:
    found = layer_traffic(CONV, SHAPES, FORMATS, Mode.TEMPORAL, keeps=True)
    assert (found.previous_inputs, found.previous_sums, found.sums) == (
        INPUTS,
        4 * OUTPUTS,
        4 * OUTPUTS,
    )


@pytest.mark.parametrize("inputs", [True, False])
@pytest.mark.parametrize("sums", [True, False])
def test_links_save_loads_and_stores(inputs: bool, sums: bool) -> None:
    link = Link((inputs,), sums)
    found = layer_traffic(CONV, SHAPES, FORMATS, Mode.TEMPORAL, link=link, keeps=True)
    assert bool(found.previous_inputs) == inputs
    assert bool(found.previous_sums) == bool(found.sums) == sums


def test_attention_has_no_weights_and_two_inputs() -> None:
    node = AttentionScores(name="s", inputs=("q", "k"), heads=2)
    shapes = {"q": (2, 2, 8), "k": (1, 3, 8), "s": (2, 2, 6)}
    formats = dict.fromkeys(shapes, TensorFormat(scale=1))
    found = layer_traffic(node, shapes, formats, Mode.TEMPORAL, keeps=True)
    assert found == Traffic(0, 32 + 24, 24, 32 + 24, 4 * 24, 4 * 24)


def test_a_run_keeps_sums_only_for_temporal_steps() -> None:
    nodes: tuple[Node, ...] = (
        CONV,
        Linear(name="head", inputs=("conv",), in_channels=5, out_channels=2),
    )
    formats = {**FORMATS, "conv": TensorFormat(scale=1), "head": TensorFormat(scale=1, bits=16)}
    modes = {
        "conv": [Mode.TEMPORAL, Mode.TEMPORAL, Mode.TEMPORAL],
        "head": [Mode.ACT, Mode.TEMPORAL, Mode.SPATIAL],
    }
    found = step_traffic(Graph(nodes=nodes), (4, 6, 2), formats, modes)
    kept = {name: [found[name, step].sums > 0 for step in range(3)] for name in modes}
    loaded = {name: [found[name, step].previous_sums > 0 for step in range(3)] for name in modes}
    assert kept == {"conv": [True, True, False], "head": [True, False, False]}
    assert loaded == {"conv": [False, True, True], "head": [False, True, False]}


def test_traffic_adds_up_by_kind() -> None:
    total = Traffic(1, 2, 3, 4, 5, 6) + Traffic(10, 20, 30, 40, 50, 60)
    assert total == Traffic(11, 22, 33, 44, 55, 66)
    assert total.total == 231
