import numpy as np
import pytest

from golden.denoising.calibration import WIDE_MARGIN, Calibration, calibrate
from golden.denoising.lowering import tensors_with_formats
from golden.denoising.samplers import Sampler, sample
from golden.floating.execution import run_graph
from golden.formats.quantization import TensorFormat
from golden.network import nodes as n
from golden.network.dit import dit
from golden.network.graph import IMAGE, Graph
from golden.network.operands import tensor_bits, with_conversions
from golden.network.unet import unet
from tb.stimuli.random_workloads import SCHEDULE, random_weights, random_workload

GRAPHS = {
    "unet": unet(8, 16, width=12, groups=4, classes=3),
    "dit": dit(8, 8, depth=1, patch=2, heads=2, classes=3),
}


def ranges(graph: Graph, weights: dict, noise: np.ndarray, steps: int, labels) -> dict:
    """Lowest and highest value of each tensor over a float run, zero among them."""
    found = {name: [0.0, 0.0] for name in (IMAGE, *(node.name for node in graph.nodes))}

    def observe(name: str, tensor: np.ndarray) -> None:
        low, high = found[name]
        found[name] = [min(low, float(tensor.min())), max(high, float(tensor.max()))]

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        return run_graph(graph, weights, image, time, labels, observe)

    sample(Sampler.DDIM, denoise, noise, SCHEDULE, steps)
    return found


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_formats_cover_the_ranges_of_all_steps(graph):
    weights, labels = random_weights(graph, 0), np.array([0, 1, 2])
    noise = np.random.default_rng(0).standard_normal((3, 8, 8, 1))
    formats = calibrate(graph, weights, SCHEDULE, noise, 4, labels)
    bits, seen = tensor_bits(graph), ranges(graph, weights, noise, 4, labels)
    assert list(formats) == tensors_with_formats(graph)
    for node in graph.nodes:
        if node.name not in formats:
            continue
        found = formats[node.name]
        low, high = seen[node.name]
        readers = graph.consumers[node.name]
        if isinstance(node, n.Upsample | n.Unpatchify):
            assert found == formats[node.inputs[0]]
        elif bits[node.name] == 16:
            low, high = WIDE_MARGIN * low, WIDE_MARGIN * high
            assert found == TensorFormat.covering(low, high, bits=16, symmetric=True)
        else:
            operand = any(isinstance(reader, n.AttentionMatmul) for reader in readers)
            assert found == TensorFormat.covering(low, high, symmetric=operand)


@pytest.mark.parametrize("method", Calibration)
@pytest.mark.parametrize("graph", GRAPHS.values(), ids=list(GRAPHS))
def test_formats_make_a_workload(graph, method):
    # Its description refuses formats that do not fit the graph.
    workload = random_workload(graph, (8, 8, 1), method=method)
    for node in workload.integer.nodes:
        if isinstance(node, n.AttentionMatmul):
            assert {workload.description.formats[name].zero_point for name in node.inputs} == {0}


def narrow_format(values: np.ndarray, method: Calibration) -> TensorFormat:
    """Of an image that a fully connected layer reads, for one step from these values."""
    graph = Graph(nodes=(n.Linear(name="node", inputs=(IMAGE,), in_channels=1, out_channels=1),))
    weights = {"node.weight": np.zeros((1, 1), np.float32), "node.bias": np.zeros(1, np.float32)}
    return calibrate(graph, weights, SCHEDULE, values, 1, method=method)[IMAGE]


def outliers() -> np.ndarray:
    values = np.random.default_rng(0).standard_normal((1, 64, 64, 1)).astype(np.float32)
    values[0, 0, :2] = [[-70], [100]]
    return values


def test_absmax_covers_everything():
    assert narrow_format(outliers(), Calibration.ABSMAX) == TensorFormat.covering(-70, 100)


def test_percentile_leaves_the_outermost_values_out():
    # A ten-thousandth of 4096 values is part of the way from the outermost to the next.
    low, high = np.percentile(outliers().astype(np.float64), [0.01, 99.99])
    assert -70 < low < -10 < 10 < high < 100
    found, expected = (
        narrow_format(outliers(), Calibration.PERCENTILE),
        TensorFormat.covering(low, high),
    )
    assert found.scale == pytest.approx(expected.scale)
    assert found.zero_point == expected.zero_point


@pytest.mark.parametrize("power", [1, 3, 9])
def test_mse_has_the_least_error_of_all_parts_of_the_range(power):
    """A high power of normal values makes outliers that are many and far out."""
    values = np.random.default_rng(0).standard_normal((1, 64, 64, 1)).astype(np.float32) ** power

    def error(form: TensorFormat) -> float:
        return np.square(form.dequantize(form.quantize(values)) - values).mean()

    low, high = float(values.min()), float(values.max())
    parts = np.linspace(0.2, 1, 41)
    least = min(error(TensorFormat.covering(low * part, high * part)) for part in parts)
    found = error(narrow_format(values, Calibration.MSE))
    assert found == pytest.approx(least, rel=1e-3)
    assert found <= error(narrow_format(values, Calibration.ABSMAX))


def test_mse_of_values_that_fill_their_range_is_absmax():
    values = np.linspace(-1, 1, 4096).reshape(1, 64, 64, 1)
    found = narrow_format(values, Calibration.MSE)
    assert found.scale == pytest.approx(narrow_format(values, Calibration.ABSMAX).scale, rel=0.03)


def test_calibration_is_the_same_every_time():
    graph = GRAPHS["unet"]
    weights = random_weights(graph, 0)
    noise = np.random.default_rng(1).standard_normal((2, 8, 8, 1))
    labels = np.array([0, 2])
    for method in Calibration:
        once, again = (
            calibrate(graph, weights, SCHEDULE, noise, 2, labels, method) for _ in range(2)
        )
        assert once == again


def test_tensors_of_zeros_get_a_format():
    graph = with_conversions(
        Graph(
            nodes=(
                n.Linear(name="zero", inputs=(IMAGE,), in_channels=1, out_channels=1),
                n.Silu(name="silu", inputs=("zero",)),
                n.Add(name="sum", inputs=("silu", IMAGE)),
            )
        )
    )
    weights = {"zero.weight": np.zeros((1, 1), np.float32), "zero.bias": np.zeros(1, np.float32)}
    noise = np.ones((1, 2, 2, 1))
    for method in Calibration:
        formats = calibrate(graph, weights, SCHEDULE, noise, 2, method=method)
        assert formats["zero"].scale == formats["silu"].scale == 1
        assert formats["silu"].zero_point == 0


def test_static_tensors_that_are_moved_have_their_own_format():
    graph = Graph(
        nodes=(
            n.Constant(name="small", shape=(1, 1, 2)),
            n.Upsample(name="large", inputs=("small",)),
            n.Add(name="sum", inputs=(IMAGE, "large")),
        )
    )
    weights = {"small.value": np.array([[[-0.5, 3]]], np.float32)}
    formats = calibrate(graph, weights, SCHEDULE, np.ones((1, 2, 2, 2)), 2)
    assert list(formats) == [IMAGE, "large", "sum"]
    assert formats["large"].scale == pytest.approx(3 * WIDE_MARGIN / 32767)
