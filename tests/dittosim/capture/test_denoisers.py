"""All that a denoiser multiplies is captured, and nothing else, as PyTorch counts and computes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dittosim.capture.quantizing import FloatProduct
from golden.errors import DittosimError
from golden.formats.im2col import im2col
from golden.workload.trace import load_trace
from tests.helpers.command_line import Cli
from tests.helpers.denoisers import CASES, Case, random_model, write_case

pytestmark = pytest.mark.filterwarnings("ignore")
IMAGES = 2


def opened(case: Case, folder: Path) -> tuple[Any, dict[str, np.ndarray], np.ndarray]:
    """A random model of the case as capture runs it, its inputs, and an image."""
    pytest.importorskip("diffusers")
    from dittosim.capture.model import CapturedModel, DenoiserClass

    random_model(case.config).save_pretrained(folder)
    kind = DenoiserClass(folder / "config.json", case.config)
    inputs = kind.inputs(case.inputs, IMAGES, "")
    size = (case.size, case.size) if case.size else None
    shape = kind.image_shape(size)
    image = np.random.default_rng(1).standard_normal((IMAGES, *shape)).astype(np.float32)
    return CapturedModel(folder, kind), inputs, image


NO_EAGER = ("sd3", "flux")
"""diffusers has no processor for them that multiplies without PyTorch's fused attention"""


@pytest.mark.parametrize("name", CASES)
def test_macs_are_those_that_pytorch_counts(tmp_path: Path, name: str) -> None:
    """Twice those of layers and of vectors are the model's FLOPs; nothing is unseen."""
    model, inputs, image = opened(CASES[name], tmp_path)
    seen: dict[str, int] = {}
    model.watcher.seen = lambda product: seen.update({product.name: product.macs})
    model(image, 7, inputs)
    assert seen == model.watcher.macs
    vectors = model.watcher.vectors
    counted = model.counted_macs(image, 7, inputs)
    assert counted == sum(seen.values()) + sum(vectors.values())
    assert sum(seen.values()) > 0.5 * counted
    products = [layer for layer in seen if layer.endswith((".scores", ".mix"))]
    assert len(products) >= 4


UNLISTED = {
    "sana": Case(
        {
            "_class_name": "SanaTransformer2DModel",
            "in_channels": 4,
            "out_channels": 4,
            "num_attention_heads": 2,
            "attention_head_dim": 8,
            "num_layers": 2,
            "num_cross_attention_heads": 2,
            "cross_attention_head_dim": 8,
            "cross_attention_dim": 16,
            "caption_channels": 12,
            "sample_size": 8,
        },
        {"encoder_hidden_states": np.ones((1, 5, 12), np.float32)},
    ),
    "cogview": Case(
        {
            "_class_name": "CogView3PlusTransformer2DModel",
            "in_channels": 4,
            "out_channels": 4,
            "num_layers": 2,
            "attention_head_dim": 8,
            "num_attention_heads": 2,
            "text_embed_dim": 12,
            "time_embed_dim": 16,
            "condition_dim": 8,
            "pos_embed_max_size": 8,
            "sample_size": 8,
        },
        {
            "encoder_hidden_states": np.ones((1, 5, 12), np.float32),
            **{name: np.ones((1, 2)) for name in ("original_size", "target_size", "crop_coords")},
        },
    ),
}


@pytest.mark.parametrize("name", UNLISTED)
def test_a_class_of_which_only_the_signature_is_known(tmp_path: Path, name: str) -> None:
    """Also with linear attention, and with convolutions in groups, which are counted."""
    model, inputs, image = opened(UNLISTED[name], tmp_path)
    model.watcher.pattern = "*attn*"
    model(image, 7, inputs)
    watcher = model.watcher
    counted = model.counted_macs(image, 7, inputs)
    assert counted == sum(watcher.macs.values()) + sum(watcher.vectors.values())
    if name == "sana":
        model.watcher.pattern = "*"
        with pytest.raises(DittosimError, match=r"conv_depth.*groups is not supported"):
            model(image, 7, inputs)


def fused(model: Any) -> None:
    model.fuse_qkv_projections()


def sliced(model: Any) -> None:
    model.set_attention_slice(2)


@pytest.mark.parametrize(
    ("name", "change", "layer"),
    [
        ("condition", fused, "attn1.to_qkv"),
        ("sdxl", fused, "attn2.to_q"),
        ("sd3", fused, "attn.to_added_qkv"),
        ("flux", fused, "attn.to_added_qkv"),
        ("condition", sliced, "attn1.mix#2"),
    ],
)
def test_processors_that_fuse_projections_or_go_in_slices(
    tmp_path: Path, name: str, change: Any, layer: str
) -> None:
    from dittosim.capture.watching import Watcher

    case = CASES[name]
    if name == "sd3":  # diffusers' fused processor has no second attention
        case = replace(case, config=case.config | {"dual_attention_layers": []})
    model, inputs, image = opened(case, tmp_path)
    change(model.model)
    model.watcher = Watcher(model.model)
    products: list[FloatProduct] = []
    model.watcher.seen = products.append
    model(image, 7, inputs)
    assert any(product.name.endswith(layer) for product in products)
    macs = sum(product.macs for product in products) + sum(model.watcher.vectors.values())
    assert macs == model.counted_macs(image, 7, inputs)


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What each fused attention and each product of two tensors of the model gave."""
    torch = pytest.importorskip("torch")
    import dittosim.capture.watching  # noqa: F401  # it must know the functions as they are

    found: list[Any] = []
    kept = {
        torch.nn.functional: ["scaled_dot_product_attention"],
        torch: ["bmm", "baddbmm"],
    }

    def recorded(function: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = function(*args, **kwargs)
            found.append((function, args, kwargs, result))
            return result

        return call

    for module, names in kept.items():
        for each in names:
            monkeypatch.setattr(module, each, recorded(getattr(module, each)))
    yield found


@pytest.mark.parametrize(
    ("name", "eager"),
    [
        *(pytest.param(name, False, id=f"{name}-fused") for name in CASES),
        *(pytest.param(name, True, id=f"{name}-eager") for name in CASES if name not in NO_EAGER),
    ],
)
def test_operands_make_what_the_model_went_on_with(
    tmp_path: Path, name: str, eager: bool, results: list[Any]
) -> None:
    model, inputs, image = opened(CASES[name], tmp_path)
    if eager:
        from diffusers.models.attention_processor import Attention, AttnProcessor

        for module in model.model.modules():
            if isinstance(module, Attention):
                module.set_processor(AttnProcessor())
    products: list[FloatProduct] = []
    model.watcher.seen = products.append
    outputs: dict[str, np.ndarray] = {}
    modules = dict(model.model.named_modules())

    def keep(name: str) -> Any:
        return lambda _module, _inputs, output: outputs.update({name: output.numpy()})

    for product in names_of(model, image, inputs):
        if product in modules:
            modules[product].register_forward_hook(keep(product))
    products.clear()
    results.clear()
    model(image, 7, inputs)

    attention = iter(results)
    for product in products:
        rows = im2col(product.first, product.kernel, product.stride, product.padding, 0)
        if product.second is None:
            weight = modules[product.name].weight.detach().numpy()
            flat = weight.reshape(len(weight), -1)
            if weight.ndim == 4:
                flat = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)
            found = rows @ flat.T
            bias = modules[product.name].bias
            if bias is not None:
                found = found + bias.detach().numpy()
            expected = outputs[product.name]
            if weight.ndim == 4:
                expected = expected.transpose(0, 2, 3, 1)
            assert product.macs == rows.size * product.columns
        elif eager or product.name.endswith("mix"):
            found = product.first[:, 0] @ product.second
            function, added, options, result = next(attention)
            expected = result.numpy()
            if function.__name__ == "baddbmm":
                found = options["alpha"] * found
                if options["beta"]:  # else what is added was never set
                    found = found + added[0].numpy()
            assert product.macs == product.first.size * product.columns
        else:
            continue
        np.testing.assert_allclose(
            found.reshape(expected.shape), expected, rtol=1e-4, atol=1e-4, err_msg=product.name
        )
    assert next(attention, None) is None
    assert len(products) > 8


def names_of(model: Any, image: np.ndarray, inputs: dict[str, np.ndarray]) -> list[str]:
    """Names of what the model multiplies."""
    model(image, 7, inputs)
    return list(model.watcher.macs)


@pytest.mark.parametrize("name", CASES)
def test_whole_traces(cli: Cli, name: str) -> None:
    case = CASES[name]
    write_case(case, Path("model"))
    outcome = cli("capture", "model", "-o", "trace", "--steps", 2, *case.arguments)
    assert outcome.code == 0, outcome.err
    assert "does not know" not in outcome.out
    trace = load_trace(Path("trace"))
    seconds = {layer.second for layer in trace.description.layers}
    cross = name in ("condition", "sdxl", "pixart-alpha", "pixart-sigma")
    assert seconds == {"weights", "changing"} | ({"fixed"} if cross else set())
    assert cli("simulate", "trace", "-c", "tiny", "--steps", 1).code == 0
