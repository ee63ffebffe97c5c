"""Imported models compute what diffusers computes, layer by layer."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dittosim.importing.model import import_model
from golden.floating.execution import run_graph
from golden.network.graph import IMAGE
from golden.network.nodes import AttentionMix, ClassEmbedding, Conv2d, GroupNorm, LayerNorm, Linear
from tests.helpers.diffusers_models import CONFIGS, context_for

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

PROJECTIONS = {"query": "to_q", "key": "to_k", "value": "to_v", "project": "to_out.0"}
CHUNKS = {
    **{name: (i, 6) for i, name in enumerate(("shift_msa", "scale_msa", "gate_msa"))},
    **{name: (i, 6) for i, name in enumerate(("shift_mlp", "scale_mlp", "gate_mlp"), 3)},
    **{name: (i, 2) for i, name in enumerate(("shift", "scale"))},
    **{name: (i, 2) for i, name in enumerate(("value", "gate"))},
}
MUST_MATCH = Conv2d | Linear | GroupNorm | LayerNorm | AttentionMix | ClassEmbedding


def random_model(config: dict[str, Any]) -> Any:
    """A model of diffusers all of whose parameters are random."""
    torch = pytest.importorskip("torch")
    diffusers = pytest.importorskip("diffusers")
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = getattr(diffusers, config["_class_name"]).from_config(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            else:
                parameter.normal_(1 if "norm" in name and name.endswith("weight") else 0, 0.3)
    return model


def record(model: Any, image: np.ndarray, time: int, labels: np.ndarray, context: Any) -> Any:
    """Outputs of all modules, and inputs of the last layer of attention, channels last."""
    import torch

    seen: dict[str, np.ndarray] = {}

    def keep_output(module: Any, _inputs: Any, output: Any, *, name: str) -> None:
        output = output[0] if isinstance(output, tuple) else getattr(output, "sample", output)
        array = output.numpy()
        planes = array.ndim == 4 or isinstance(module, torch.nn.GroupNorm)
        seen[name] = np.moveaxis(array, 1, -1) if planes else array

    def keep_input(_module: Any, inputs: Any, *, name: str) -> None:
        seen[name] = inputs[0].numpy()

    for name, module in model.named_modules():
        module.register_forward_hook(partial(keep_output, name=name))
        if name.endswith("to_out.0"):
            mix = name.replace("to_out.0", "mix")
            module.register_forward_pre_hook(partial(keep_input, name=mix))
    options: dict[str, Any] = {}
    if context is not None:
        options["encoder_hidden_states"] = torch.from_numpy(context)[None].expand(
            len(image), -1, -1
        )
    if labels is not None:
        options["class_labels"] = torch.from_numpy(labels)
    planes = torch.from_numpy(image).permute(0, 3, 1, 2)
    with torch.no_grad():
        output = model(planes, timestep=torch.full((len(image),), time), **options).sample
    return seen, output.permute(0, 2, 3, 1).numpy()


def expected_of(node: str, seen: dict[str, np.ndarray]) -> np.ndarray | None:
    """What diffusers computed for a node; None if no module computes just that."""
    module, _, last = node.rpartition(".")
    if last in PROJECTIONS and f"{module}.{PROJECTIONS[last]}" in seen:
        return seen[f"{module}.{PROJECTIONS[last]}"]
    if last in CHUNKS and module in seen:
        part, parts = CHUNKS[last]
        return np.split(seen[module], parts, axis=-1)[part] + last.startswith("scale")
    return seen.get(node)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("time", [3, 901])
def test_equals_diffusers_layer_by_layer(tmp_path: Path, name: str, time: int) -> None:
    config = CONFIGS[name]
    model = random_model(config)
    model.save_pretrained(tmp_path)
    context = context_for(config)
    imported = import_model(tmp_path, context=context)
    image = np.random.default_rng(3).standard_normal((2, *imported.image_shape), np.float32)
    labels = np.array([2, 0]) if imported.graph.classes else None
    seen, output = record(model, image, time, labels, context)
    found: dict[str, np.ndarray] = {}
    predicted = run_graph(imported.graph, imported.weights, image, time, labels, found.__setitem__)

    assert np.ptp(output) > 0.1
    np.testing.assert_allclose(predicted, output, rtol=1e-3, atol=1e-3)
    nodes = {node.name: node for node in imported.graph.nodes}
    compared = 0
    for node_name, tensor in found.items():
        expected = None if node_name == IMAGE else expected_of(node_name, seen)
        if expected is None:
            assert not isinstance(nodes.get(node_name), MUST_MATCH), node_name
            continue
        tensor = np.broadcast_to(tensor, (len(expected), *tensor.shape[1:]))
        np.testing.assert_allclose(
            tensor.reshape(expected.shape), expected, rtol=1e-3, atol=1e-3, err_msg=node_name
        )
        compared += 1
    assert compared > 0.5 * len(found)
    parameters = sum(p.numel() for p in model.parameters())
    assert sum(w.size for w in imported.weights.values()) >= parameters
