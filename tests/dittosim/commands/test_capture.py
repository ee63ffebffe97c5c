"""Capture: refusals without PyTorch, traces of small models with it."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from dittosim.importing.checkpoint import WEIGHT_FILES, index_of
from dittosim.importing.model import import_model
from dittosim.importing.scheduler import schedule_of
from golden.denoising.samplers import Sampler, sample
from golden.floating.execution import run_graph
from golden.machine.config import load_config
from golden.network.nodes import AttentionMatmul
from golden.workload.class_counts import load_counts
from golden.workload.trace import TraceLayer, TraceWriter, load_trace
from golden.workload.workload import load_workload
from sim.run.simulation import Simulation, simulate
from tests.helpers.command_line import Cli
from tests.helpers.diffusers_models import (
    CONDITION,
    CONTEXT_SHAPE,
    DDPM,
    DIT,
    UNET,
    context_for,
    write_model,
)

STEPS = 3
DEFAULT = ("--schedule", "default")


def test_simulate_takes_a_trace(cli: Cli) -> None:
    model = load_workload("digits-unet")
    Path("trace").mkdir()
    writer = TraceWriter(Path("trace"), 2)
    simulate(model, Simulation(load_config("tiny"), []), steps=2, progress=writer.observe)
    writer.finish("digits-unet", images=1, seed=0)
    options = ("-c", "tiny", "--mode", "temporal")
    traced = json.loads(cli("simulate", "trace", *options, "--json", "-").out)
    tiles = ("--scope", "tiles", "--steps", 2, "--json", "-")
    direct = json.loads(cli("simulate", "digits-unet", *options, *tiles).out)
    assert traced.pop("workload") == "trace"
    assert direct.pop("workload") == "digits-unet"
    assert traced == direct
    assert "decoder.conv0" in cli("simulate", "trace", *options, "--steps", 1).out

    cli("simulate", "trace", "--steps", 3).refused("--steps 3", "holds 2 steps")
    cli("simulate", "trace", "--seed", 3).refused("leave out --images and --seed")
    path = Path("trace/0000.first.npy")
    path.write_bytes(path.read_bytes()[:-1])
    cli("simulate", "trace").refused("0000.first.npy", "cut short")


def test_refused_before_pytorch_is_needed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "diffusers", None)
    monkeypatch.delitem(sys.modules, "dittosim.capture.model", raising=False)
    cli("capture", "none", "-o", "t").refused("no folder none")
    folder = write_model(Path("model"), CONDITION)
    cli("capture", "model", "-o", "t").refused("--schedule default")
    cli("capture", "model", "-o", "t", "--context", "none.npy").refused("none.npy")
    cli("capture", "model", "-o", "t", "--inputs", "none.npz").refused("none.npz")
    (folder / "config.json").write_text("{")
    cli("capture", "model", "-o", "t", *DEFAULT).refused("not valid JSON")
    assert not Path("t").exists()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_classes_that_only_diffusers_knows(cli: Cli) -> None:
    """What the import does not know, capture leaves to diffusers."""
    folder = write_model(Path("model"), CONDITION)
    cli("capture", "model", "-o", "t", *DEFAULT).refused("--context")
    (folder / "config.json").write_text(json.dumps(CONDITION | {"act_fn": "mish"}))
    np.save("context.npy", context_for(CONDITION))
    options = ("--context", "context.npy", "--steps", 1, *DEFAULT)
    outcome = cli("capture", "model", "-o", "t", *options)
    assert outcome.code == 0, outcome.err
    assert "in the trace" in outcome.out


def test_without_pytorch(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(Path("model"), UNET)
    monkeypatch.setitem(sys.modules, "diffusers", None)
    monkeypatch.delitem(sys.modules, "dittosim.capture.model", raising=False)
    refused = cli("capture", "model", "-o", "t", *DEFAULT)
    refused.refused("make extras", "pip install -e '.[train,capture]'")
    assert not Path("t").exists()


@pytest.fixture
def torch() -> None:
    pytest.importorskip("torch").set_num_threads(1)
    pytest.importorskip("diffusers")


def module_of(node: str) -> str:
    """Name of a captured layer for that of an imported node."""
    name, _, last = node.rpartition(".")
    projections = {"query": "to_q", "key": "to_k", "value": "to_v", "project": "to_out.0"}
    if node.endswith((".proj.value", ".proj.gate")):
        return name
    return f"{name}.{projections[last]}" if last in projections else node


@pytest.mark.parametrize("config", [DDPM, CONDITION, DIT], ids=lambda c: c["_class_name"])
@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_operands_are_those_of_the_imported_model(cli: Cli, config: dict) -> None:
    """On the schedule of the file beside it, as the published DDPM has it."""
    folder = write_model(Path("model"), config)
    scheduler = {
        "_class_name": "DDIMScheduler",
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
    }
    (folder / "scheduler_config.json").write_text(json.dumps(scheduler))
    schedule = schedule_of(scheduler, "")
    context = context_for(config)
    options: list[object] = ["--steps", STEPS, "--images", 2]
    if context is not None:
        np.save("context.npy", context)
        options += ["--context", "context.npy"]
    outcome = cli("capture", "model", "-o", "trace", *options)
    assert outcome.code == 0, outcome.err
    trace = load_trace(Path("trace"))

    model = import_model(Path("model"), context=context)
    seen: list[dict[str, np.ndarray]] = []
    labels = np.arange(2) if model.graph.classes else None

    def denoise(image: np.ndarray, time: int) -> np.ndarray:
        seen.append({})
        return run_graph(model.graph, model.weights, image, time, labels, seen[-1].__setitem__)

    noise = np.random.default_rng(0).standard_normal((2, *model.image_shape))
    sample(Sampler.DDIM, denoise, noise.astype(np.float32), schedule, STEPS)

    nodes = {module_of(node.name): node for node in model.graph.matmuls()}
    assert {layer.name for layer in trace.description.layers} == set(nodes)
    compared = 0
    for layer_input in trace.layer_inputs():
        layer = layer_input.layer
        assert isinstance(layer, TraceLayer)
        node = nodes[layer.name]
        if isinstance(node, AttentionMatmul):
            assert layer.moving == (node.inputs[1] in model.graph.changing)
            continue
        shape = np.array(layer.description.shape)
        x = seen[layer_input.step][node.inputs[0]]
        trailing = shape[1] - x.shape[1] if layer.description.kernel == 3 else 0
        x = np.pad(x, ((0, 0), (0, trailing), (0, trailing), (0, 0))).reshape(shape)
        everything = [found[node.inputs[0]] for found in seen]
        low = min(0.0, *(float(one.min()) for one in everything))
        high = max(0.0, *(float(one.max()) for one in everything))
        scale = (high - low) / 255
        expected = TraceLayer.operands(layer, [np.rint(x / scale + layer.zero_point)]).first
        error = np.abs(layer_input.operands.first - expected)
        assert error.max() <= 1, layer.name
        assert error.mean() < 0.01
        compared += 1
    assert compared > 10


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_attention_products(cli: Cli) -> None:
    write_model(Path("model"), CONDITION)
    np.save("context.npy", context_for(CONDITION))
    options = ("--context", "context.npy", "--steps", 2, "--layers", "down*attn*", *DEFAULT)
    assert cli("capture", "model", "-o", "trace", *options).code == 0
    trace = load_trace(Path("trace"))
    layers = {
        layer.name.partition("transformer_blocks.0.")[2]: layer
        for layer in trace.description.layers
    }
    assert set(layers) == {
        *(f"attn1.{name}" for name in ("to_q", "to_k", "to_v", "scores", "mix", "to_out.0")),
        *(f"attn2.{name}" for name in ("to_q", "scores", "mix", "to_out.0")),
    }
    assert layers["attn1.scores"].shape == (2, 1, 64, 4)
    assert (layers["attn1.scores"].columns, layers["attn1.scores"].second) == (64, "changing")
    assert layers["attn2.mix"].shape == (2, 1, 64, CONTEXT_SHAPE[0])
    assert (layers["attn2.mix"].columns, layers["attn2.mix"].second) == (4, "fixed")
    for layer_input in trace.layer_inputs():
        if layer_input.layer.name.endswith("attn1.mix"):
            assert layer_input.operands.first.min() >= 0
            assert layer_input.operands.first.max() > 100
    assert cli("simulate", "trace", "-c", "tiny").code == 0


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_classes_count_what_the_tensors_hold(cli: Cli) -> None:
    write_model(Path("model"), UNET)
    assert cli("capture", "model", "-o", "tensors", "--steps", 2, *DEFAULT).code == 0
    outcome = cli("capture", "model", "-o", "classes", "--steps", 2, "--classes", *DEFAULT)
    assert outcome.code == 0
    assert "temporal" in outcome.out
    counts = load_counts(load_trace(Path("classes")))
    trace = load_trace(Path("tensors"))
    elements = {
        (layer_input.layer.name, layer_input.step): layer_input.operands.first.size
        for layer_input in trace.layer_inputs()
    }
    assert counts[..., 0, 0, :3].sum() == sum(elements.values())
    cli("simulate", "classes").refused("class counts only", "without --classes")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_refusals_with_pytorch(cli: Cli) -> None:
    folder = write_model(Path("model"), UNET)
    cli("capture", "model", "-o", "t", "--steps", 1, "--layers", "none", *DEFAULT).refused(
        "--layers none"
    )
    weights = folder / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    cli("capture", "model", "-o", "t", *DEFAULT).refused("cannot read weights", "cut short")
    assert not Path("t").exists()


def sharded(folder: Path) -> list[Path]:
    """Puts a model's weights into two files, as diffusers does with large ones."""
    whole = folder / WEIGHT_FILES[0]
    tensors = safetensors.numpy.load_file(whole)
    names = sorted(tensors)
    whole.unlink()
    paths = [folder / f"diffusion_pytorch_model-{n:05d}-of-00002.safetensors" for n in (1, 2)]
    parts = (names[::2], names[1::2])
    for path, part in zip(paths, parts, strict=True):
        safetensors.numpy.save_file({name: tensors[name] for name in part}, path)
    listed = {name: path.name for path, part in zip(paths, parts, strict=True) for name in part}
    (folder / index_of(whole.name)).write_text(json.dumps({"metadata": {}, "weight_map": listed}))
    return paths


@pytest.mark.parametrize("command", ["capture", "import"])
def test_weights_are_checked_before_anything_runs(cli: Cli, command: str) -> None:
    folder = write_model(Path("model"), UNET)
    arguments = (command, "model", "-o", "t", "--steps", 1, *DEFAULT)
    _, second = sharded(folder)
    content = second.read_bytes()
    second.write_bytes(content[:-1])
    cli(*arguments).refused(f"cannot read weights {second}", "cut short")
    second.unlink()
    cli(*arguments).refused(f"cannot read weights {second}", "restore")
    (folder / index_of(WEIGHT_FILES[0])).unlink()
    cli(*arguments).refused("but parts of one", index_of(WEIGHT_FILES[0]))
    (folder / WEIGHT_FILES[0]).mkdir()
    cli(*arguments).refused("it is a folder")
    assert not Path("t").exists()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_weights_that_diffusers_would_make_up(cli: Cli) -> None:
    """Of those that are missing it draws its own; pruned ones fail in its own words."""
    write_model(Path("pruned"), UNET, {"mid_block.resnets.0": 8})
    options = ("-o", "t", "--steps", 1, *DEFAULT)
    cli("capture", "pruned", *options).refused(
        "tensor 'mid_block.resnets.0.conv1.bias' is (8,), but config.json asks for (16,)",
        "`dittosim import`",
    )
    folder = write_model(Path("model"), UNET)
    weights = folder / WEIGHT_FILES[0]
    tensors = safetensors.numpy.load_file(weights)
    bias = tensors.pop("conv_in.bias")
    safetensors.numpy.save_file(tensors, weights)
    cli("capture", "model", *options).refused("tensor 'conv_in.bias' is missing")
    safetensors.numpy.save_file(tensors | {"conv_in.bias": bias, "more.bias": bias}, weights)
    cli("capture", "model", *options).refused("asks for tensor 'more.bias'")
    assert not Path("t").exists()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("torch")
def test_nothing_is_said_beside_the_result(cli: Cli) -> None:
    """No progress of PyTorch's, in shards or as float16."""
    folder = write_model(Path("model"), UNET)
    tensors = safetensors.numpy.load_file(folder / WEIGHT_FILES[0])
    sharded(folder)
    half = write_model(Path("half"), UNET)
    (half / WEIGHT_FILES[0]).unlink()
    halves = {name: tensor.astype(np.float16) for name, tensor in tensors.items()}
    safetensors.numpy.save_file(halves, half / WEIGHT_FILES[1])
    for name in ("model", "half"):  # nor a warning
        outcome = cli("capture", name, "-o", f"{name}-trace", "--steps", 1, *DEFAULT)
        assert (outcome.code, outcome.err) == (0, "")
    index = folder / index_of(WEIGHT_FILES[0])
    index.write_text(index.read_text().replace("metadata", "data"))
    cli("capture", "model", "-o", "t", *DEFAULT).refused("diffusers cannot load", "'metadata'")
