"""Imported models compute what diffusers computes, layer by layer."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dittosim.importing.model import import_model
from dittosim.importing.schedule_files import find_schedule
from golden.denoising.calibration import calibrate
from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.floating.execution import run_graph
from golden.network.graph import IMAGE
from golden.network.nodes import AttentionMix, ClassEmbedding, Conv2d, GroupNorm, LayerNorm, Linear
from golden.workload.workload import Workload, WorkloadDescription
from tests.helpers.denoisers import random_model
from tests.helpers.diffusers_models import CONFIGS, SCALE_SHIFT, UNET, context_for, inputs_for

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

PROJECTIONS = {"query": "to_q", "key": "to_k", "value": "to_v", "project": "to_out.0"}
CHUNKS = {
    **{name: (i, 6) for i, name in enumerate(("shift_msa", "scale_msa", "gate_msa"))},
    **{name: (i, 6) for i, name in enumerate(("shift_mlp", "scale_mlp", "gate_mlp"), 3)},
    **{name: (i, 2) for i, name in enumerate(("shift", "scale"))},
    **{name: (i, 2) for i, name in enumerate(("value", "gate"))},
}
MUST_MATCH = Conv2d | Linear | GroupNorm | LayerNorm | AttentionMix | ClassEmbedding


def record(
    model: Any, image: np.ndarray, time: int, labels: Any, context: Any, inputs: Any = None
) -> Any:
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
    if inputs:
        options["added_cond_kwargs"] = {
            name.partition(".")[2]: torch.from_numpy(array)[None].expand(len(image), -1)
            for name, array in inputs.items()
        }
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
        if module.endswith("time_emb_proj"):  # the other way round than in DiT
            part = 1 - part
        return np.split(seen[module], parts, axis=-1)[part] + last.startswith("scale")
    return seen.get(node)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("time", [3, 901])
def test_equals_diffusers_layer_by_layer(tmp_path: Path, name: str, time: int) -> None:
    config = CONFIGS[name]
    model = random_model(config)
    model.save_pretrained(tmp_path)
    context = context_for(config)
    inputs = inputs_for(config)
    imported = import_model(tmp_path, context=context, inputs=inputs)
    image = np.random.default_rng(3).standard_normal((2, *imported.image_shape), np.float32)
    labels = np.array([2, 0]) if imported.graph.classes else None
    seen, output = record(model, image, time, labels, context, inputs)
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


def test_sharded_by_diffusers(tmp_path: Path) -> None:
    model = random_model(UNET)
    model.save_pretrained(tmp_path / "whole")
    model.save_pretrained(tmp_path / "shards", max_shard_size="20KB")
    assert len(list((tmp_path / "shards").glob("*.safetensors"))) > 2
    whole, shards = (import_model(tmp_path / name).weights for name in ("whole", "shards"))
    assert set(whole) == set(shards)
    for name, values in whole.items():
        np.testing.assert_array_equal(shards[name], values)


def test_whole_runs_equal_those_of_diffusers(tmp_path: Path) -> None:
    """A pipeline that predicts velocities: model, scheduler and sampler together."""
    diffusers = pytest.importorskip("diffusers")
    model = random_model(SCALE_SHIFT)
    scheduler = diffusers.DDIMScheduler(
        num_train_timesteps=200,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        clip_sample=False,
    )
    diffusers.DDIMPipeline(model, scheduler).save_pretrained(tmp_path)
    expected = diffusers_run(diffusers.DDIMPipeline.from_pretrained(tmp_path), 8)
    imported, found = import_model(tmp_path), find_schedule(tmp_path)
    assert found.schedule.prediction == "v_prediction"
    noise = start(imported.image_shape)

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        return run_graph(imported.graph, imported.weights, image, time)

    images = sample(Sampler.DDIM, denoise, noise, found.schedule, 8)
    assert np.ptp(images) > 1
    np.testing.assert_allclose(images, expected, rtol=1e-2, atol=1e-2)

    # And the integers of all modes are close to it, and the same.
    formats = calibrate(imported.graph, imported.weights, found.schedule, noise, 8)
    description = WorkloadDescription(
        summary="v",
        image_shape=imported.image_shape,
        steps=8,
        schedule=found.schedule,
        graph=imported.graph,
        formats=formats,
    )
    workload = Workload("v", description, imported.weights)
    integer = [workload.sample(mode, noise) for mode in Mode]
    for each in integer:
        np.testing.assert_array_equal(each, integer[0])
    error = np.linalg.norm(integer[0] - expected) / np.linalg.norm(expected)
    assert error < 0.1


def start(shape: tuple[int, int, int]) -> np.ndarray:
    return np.random.default_rng(5).standard_normal((2, *shape)).astype(np.float32)


def diffusers_run(pipeline: Any, steps: int) -> np.ndarray:
    """Images of a pipeline's model and scheduler from the noise of ``start``."""
    import torch

    model, scheduler = pipeline.unet.eval(), pipeline.scheduler
    scheduler.set_timesteps(steps)
    image = torch.from_numpy(start((8, 8, 3))).permute(0, 3, 1, 2)
    with torch.no_grad():
        for time in scheduler.timesteps:
            predicted = model(image, timestep=torch.full((2,), int(time))).sample
            image = scheduler.step(predicted, time, image).prev_sample
    return image.permute(0, 2, 3, 1).numpy()


def test_pruned_residual_blocks(tmp_path: Path) -> None:
    """A checkpoint whose blocks have lost channels between their convolutions."""
    torch = pytest.importorskip("torch")
    for number, config in enumerate((UNET, SCALE_SHIFT)):
        model = random_model(config)
        resnet = model.down_blocks[1].resnets[0]
        width, halves = 8, 2 if config is SCALE_SHIFT else 1
        with torch.no_grad():
            resnet.conv1.weight = torch.nn.Parameter(resnet.conv1.weight[:width])
            resnet.conv1.bias = torch.nn.Parameter(resnet.conv1.bias[:width])
            resnet.time_emb_proj.weight = torch.nn.Parameter(
                resnet.time_emb_proj.weight[: halves * width]
            )
            resnet.time_emb_proj.bias = torch.nn.Parameter(
                resnet.time_emb_proj.bias[: halves * width]
            )
            resnet.norm2.weight = torch.nn.Parameter(resnet.norm2.weight[:width])
            resnet.norm2.bias = torch.nn.Parameter(resnet.norm2.bias[:width])
            resnet.norm2.num_channels = width
            resnet.conv2.weight = torch.nn.Parameter(resnet.conv2.weight[:, :width])
        folder = tmp_path / str(number)
        model.save_pretrained(folder)
        imported = import_model(folder)
        image = start(imported.image_shape)
        _, output = record(model, image, 7, None, None)
        predicted = run_graph(imported.graph, imported.weights, image, 7)
        np.testing.assert_allclose(predicted, output, rtol=1e-3, atol=1e-3)
