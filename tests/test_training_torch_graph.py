import numpy as np
import pytest
from golden.execution import float_matmul, run_graph
from golden.unet import unet


@pytest.mark.parametrize("time", [0, 500, 999])
def test_torch_computes_what_numpy_computes(time):
    torch = pytest.importorskip("torch")
    from golden.training.torch_graph import TorchGraph

    rng = np.random.default_rng(time)
    model = TorchGraph(unet(8, 16, width=12, groups=4))
    # As they start, some weights are zero and would hide their layers.
    with torch.no_grad():
        for parameter in model.parameters():
            values = rng.standard_normal(parameter.shape).astype(np.float32)
            parameter.copy_(torch.from_numpy(values * 0.3))
    image = rng.standard_normal((2, 8, 6, 1)).astype(np.float32)
    with torch.no_grad():
        expected = model(torch.from_numpy(image), torch.full((2,), time)).numpy()
    weights = model.arrays()
    found = run_graph(model.graph, weights, image, time, float_matmul(weights))

    assert found.dtype == np.float32
    assert found.shape == expected.shape == image.shape
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_weights_have_the_shapes_of_the_graph():
    pytest.importorskip("torch")
    from golden.training.torch_graph import TorchGraph

    graph = unet(8, 16, width=12, groups=4)
    shapes = {name: values.shape for name, values in TorchGraph(graph).arrays().items()}
    assert shapes == graph.parameter_shapes()
