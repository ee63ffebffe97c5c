"""Import of diffusers models, without diffusers."""

import json
import math
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from dittosim.importing import dit
from dittosim.importing.builder import Origin
from dittosim.importing.checkpoint import CONFIG_FILE, WEIGHT_FILES
from dittosim.importing.dit import DitConfig
from dittosim.importing.model import ImportedModel, beyond_limits, build, import_model
from dittosim.importing.unet2d import Unet2dConfig
from dittosim.importing.unet2d_condition import Unet2dConditionConfig
from golden.errors import DittosimError
from golden.floating.execution import run_graph
from golden.flow.macs import macs
from golden.network.nodes import AttentionMix, AttentionScores, Conv2d, Linear
from tests.helpers import full_size
from tests.helpers.diffusers_models import (
    CONDITION,
    CONFIGS,
    DIT,
    OLD_DIT,
    SCALE_SHIFT,
    SDXL,
    UNET,
    context_for,
    inputs_for,
    write_model,
)

READABLE = 400


def imported(folder: Path, config: dict[str, Any]) -> ImportedModel:
    written = write_model(folder, config)
    return import_model(written, context=context_for(config), inputs=inputs_for(config))


def error(folder: Path, **options: Any) -> str:
    with pytest.raises(DittosimError) as caught:
        import_model(folder, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < len(str(folder)) * message.count(str(folder)) + READABLE
    return message


def edit_weights(folder: Path, edit: Any) -> None:
    path = folder / WEIGHT_FILES[0]
    weights = safetensors.numpy.load_file(path)
    edit(weights)
    safetensors.numpy.save_file(weights, path)


def predict(model: ImportedModel) -> np.ndarray:
    shape = (1, *model.image_shape)
    image = np.random.default_rng(2).standard_normal(shape).astype(np.float32)
    labels = np.array([1]) if model.graph.classes else None
    return run_graph(model.graph, model.weights, image, 7, labels)


def test_names_of_older_checkpoints(tmp_path: Path) -> None:
    expected = predict(imported(tmp_path / "new", UNET))
    folder = write_model(tmp_path / "old", UNET)
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def rename(weights: dict[str, np.ndarray]) -> None:
        for name in list(weights):
            for new, former in old.items():
                if f".{new}." in name:
                    weights[name.replace(new, former)] = weights.pop(name)

    edit_weights(folder, rename)
    np.testing.assert_array_equal(predict(import_model(folder)), expected)


def test_half_precision_becomes_float32(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", UNET)
    edit_weights(folder, lambda w: w.update({k: v.astype(np.float16) for k, v in w.items()}))
    (folder / WEIGHT_FILES[0]).rename(folder / WEIGHT_FILES[1])
    weights = import_model(folder).weights
    assert {weight.dtype for weight in weights.values()} == {np.dtype(np.float32)}


def test_pipeline_folder(tmp_path: Path) -> None:
    write_model(tmp_path / "p" / "unet", UNET)
    expected = predict(import_model(tmp_path / "p" / "unet"))
    np.testing.assert_array_equal(predict(import_model(tmp_path / "p")), expected)


def test_smaller_images(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "dit", DIT)
    small = import_model(folder, size=(4, 4))
    assert small.image_shape == (4, 4, 3)
    assert small.weights["pos_embed.pos_embed.value"].shape == (2, 2, 16)
    assert predict(small).shape == (1, 4, 4, 6)
    assert "multiples of 2" in error(folder, size=(5, 5))


def test_no_folder(tmp_path: Path) -> None:
    assert error(tmp_path / "none") == (
        f"no folder {tmp_path / 'none'}: give that of a diffusers model or pipeline"
    )


def test_missing_files(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", UNET)
    (folder / WEIGHT_FILES[0]).unlink()
    assert error(folder).startswith(f"{folder} holds no {WEIGHT_FILES[0]}: ")
    (folder / CONFIG_FILE).unlink()
    assert error(folder).startswith(f"{folder} holds no {CONFIG_FILE}")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "[" * 100_000])
def test_malformed_config(tmp_path: Path, text: str) -> None:
    folder = write_model(tmp_path / "m", UNET)
    (folder / CONFIG_FILE).write_text(text)
    assert str(folder / CONFIG_FILE) in error(folder)


@pytest.mark.parametrize("size", [0, 5, 50, 5000, 40_000])
def test_truncated_weights(tmp_path: Path, size: int) -> None:
    folder = write_model(tmp_path / "m", UNET)
    path = folder / WEIGHT_FILES[0]
    assert path.stat().st_size > size
    path.write_bytes(path.read_bytes()[:size])
    message = error(folder)
    assert message.startswith(f"cannot read weights {path}: ")
    assert message.endswith("the file may be cut short, restore it")


def test_tensors_that_do_not_fit(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", UNET)
    path, name = folder / WEIGHT_FILES[0], "down_blocks.1.resnets.0.conv1.bias"
    good = safetensors.numpy.load_file(path)

    def message(changed: dict[str, np.ndarray]) -> str:
        safetensors.numpy.save_file(changed, path)
        return error(folder).removeprefix(f"{path}: ")

    assert message({k: v for k, v in good.items() if k != name}) == (
        f"tensor '{name}' is missing, which {CONFIG_FILE} asks for"
    )
    assert message(good | {name: np.zeros(4, np.float32)}).startswith(
        f"tensor '{name}' is (4,), but {CONFIG_FILE} asks for (16,); its channels are not those"
    )
    assert message(good | {name: np.zeros((16, 1), np.float32)}) == (
        f"tensor '{name}' is (16, 1), but {CONFIG_FILE} asks for (16,)"
    )
    assert message(good | {name: np.zeros(16, np.int8)}) == (
        f"tensor '{name}' is I8; store the model as float32 or float16"
    )
    assert message(good | {name: np.full(16, np.nan, np.float32)}) == (
        f"tensor '{name}' holds values that are not finite"
    )
    assert message(good | {"extra.weight": np.zeros(1, np.float32)}).startswith(
        f"nothing in {CONFIG_FILE} asks for tensor 'extra.weight'"
    )


@pytest.mark.parametrize(
    ("config", "change", "words"),
    [
        (UNET, {"_class_name": "FluxTransformer2DModel"}, "_class_name = 'FluxTransformer2DModel'"),
        (UNET, {"_class_name": None}, "_class_name = None"),
        (
            UNET,
            {"down_block_types": ["DownBlock2D", "SkipDownBlock2D"]},
            "down_block_types.1 = 'SkipDownBlock2D': not supported by the import",
        ),
        (UNET, {"up_block_types": ["UpBlock2D"]}, "up_block_types has 1 entries"),
        (UNET, {"mid_block_type": "Other"}, "mid_block_type = 'Other'"),
        (UNET, {"act_fn": "mish"}, "act_fn = 'mish'"),
        (UNET, {"resnet_time_scale_shift": "ada_group"}, "resnet_time_scale_shift"),
        (UNET, {"class_embed_type": "timestep"}, "class_embed_type = 'timestep'"),
        (UNET, {"center_input_sample": True}, "center_input_sample = True"),
        (UNET, {"downsample_type": "resnet"}, "downsample_type = 'resnet'"),
        (UNET, {"time_embedding_type": "fourier"}, "time_embedding_type = 'fourier'"),
        (UNET, {"norm_num_groups": 5}, "block_out_channels.0 = 8: not a multiple"),
        (UNET, {"attention_head_dim": 5}, "attention_head_dim = 5 in down_block_types.1"),
        (UNET, {"block_out_channels": [8, 0]}, "block_out_channels.1 = 0"),
        (UNET, {"layers_per_block": "two"}, "layers_per_block = 'two'"),
        (UNET, {"brand_new": 1}, "brand_new = 1: the import does not know this option"),
        (UNET, {"sample_size": 9}, "images of 9 x 9 pixels: the model needs multiples of 2"),
        (UNET, {"sample_size": None}, "--size"),
        (UNET, {"in_channels": 5}, "out_channels = 3: less than in_channels = 5"),
        (UNET, {"sample_size": 65536}, "the largest that fit are 304 x 304"),
        (UNET, {"sample_size": 10**12}, "sample_size = 1000000000000: must be at most 65536"),
        (UNET, {"layers_per_block": 10**7}, "layers_per_block = 10000000: must be at most 1000"),
        (UNET, {"norm_eps": float("inf")}, "norm_eps = inf: must be a finite number"),
        (CONDITION, {"addition_embed_type": "image"}, "addition_embed_type = 'image'"),
        (CONDITION, {"addition_embed_type": "text_time"}, "needs addition_time_embed_dim"),
        (SDXL, {"addition_time_embed_dim": 7}, "addition_time_embed_dim = 7: must be even"),
        (SDXL, {"reverse_transformer_layers_per_block": [1]}, "has 1 entries"),
        (SDXL, {"num_attention_heads": 2}, "num_attention_heads = 2"),
        (CONDITION, {"only_cross_attention": True}, "only_cross_attention = True"),
        (CONDITION, {"attention_head_dim": 3}, "attention_head_dim = 3"),
        (CONDITION, {"attention_head_dim": [2]}, "attention_head_dim has 1 entries"),
        (CONDITION, {"cross_attention_dim": 11}, "cross_attention_dim = 11"),
        (CONDITION, {"mid_block_type": "UNetMidBlock2DSimpleCrossAttn"}, "mid_block_type"),
        (DIT, {"norm_type": "ada_norm_single"}, "norm_type = 'ada_norm_single'"),
        (DIT, {"activation_fn": "swiglu"}, "activation_fn = 'swiglu'"),
        (DIT, {"attention_head_dim": 3}, "must be a multiple of 4"),
        (OLD_DIT, {"cross_attention_dim": 8}, "cross_attention_dim = 8"),
        (OLD_DIT, {"norm_type": "layer_norm"}, "norm_type = 'layer_norm'"),
    ],
)
def test_what_the_import_does_not_know(
    tmp_path: Path, config: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    folder = write_model(tmp_path / "m", config)
    path = folder / CONFIG_FILE
    path.write_text(json.dumps(config | change))
    message = error(folder, context=context_for(config))
    assert message.startswith(f"{path}: ")
    assert words in message


def test_context_must_be_given_where_it_is_needed_only(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "c", CONDITION)
    assert "--context" in error(folder)
    assert "(tokens, 12)" in error(folder, context=np.zeros((5, 7), np.float32))
    assert "(tokens, 12)" in error(folder, context=np.zeros((0, 12), np.float32))
    other = write_model(tmp_path / "u", UNET)
    assert "no context" in error(other, context=np.zeros((5, 12), np.float32))


def test_inputs_must_be_those_that_the_model_takes(tmp_path: Path) -> None:
    folder, context, inputs = write_model(tmp_path / "x", SDXL), context_for(SDXL), inputs_for(SDXL)
    text, sizes = inputs
    assert f"'{text}' is missing" in error(folder, context=context)
    assert f"'{sizes}' is missing" in error(folder, context=context, inputs={text: inputs[text]})
    for name, wrong, words in (
        (text, np.zeros(7), "of 7 and 6"),
        (sizes, np.zeros(5), "of 6 and 5"),
        (text, np.zeros((2, 6)), "(2, 6), but must be one vector"),
        (sizes, np.zeros(0), "(0,), but must be one vector"),
        ("text_embeds", np.zeros(6), "input 'text_embeds' is unknown"),
    ):
        assert words in error(folder, context=context, inputs={**inputs, name: wrong})
    other = write_model(tmp_path / "c", CONDITION)
    assert "takes none" in error(other, context=context, inputs=inputs)


def test_every_configuration_predicts(tmp_path: Path) -> None:
    for name, config in CONFIGS.items():
        found = predict(imported(tmp_path / name, config))
        assert np.isfinite(found).all()
        assert np.ptp(found) > 0.1


GIGA = 1e9


def test_operations_of_stable_diffusion() -> None:
    """Source of the numbers: the public definition of Stable Diffusion 1, counted by others."""
    config = Unet2dConditionConfig(cross_attention_dim=768)
    context = np.zeros((77, 768), np.float32)
    graph = build(config, (64, 64, 4), context).graph()
    counts = macs(graph, (64, 64, 4))
    weighted = {n.name: counts[n.name] for n in graph.nodes if isinstance(n, Conv2d | Linear)}
    products = (n for n in graph.nodes if isinstance(n, AttentionScores | AttentionMix))
    attention = {n.name: counts[n.name] for n in products}
    gates = sum(name.endswith(".gate") for name in weighted)
    assert len(weighted) - gates == 282
    assert sum(weighted.values()) / GIGA == pytest.approx(338.6, abs=0.2)
    own = sum(count for name, count in attention.items() if ".attn1." in name)
    cross = sum(count for name, count in attention.items() if ".attn2." in name)
    assert own / GIGA == pytest.approx(61.25, abs=0.01)
    assert cross / GIGA == pytest.approx(1.78, abs=0.01)


def test_operations_of_sdxl() -> None:
    """PyTorch counts 6,761,236,398,080 FLOPs and 2,567,463,684 parameters in diffusers' model."""
    config = Unet2dConditionConfig(**full_size.SDXL)
    context = np.zeros((77, 2048), np.float32)
    builder = build(config, (128, 128, 4), context, added=np.zeros(2816))
    graph = builder.graph()
    assert 2 * sum(macs(graph, (128, 128, 4)).values()) == 6_761_236_398_080
    parameters = 0
    for name, shape in graph.parameter_shapes().items():
        node, _, kind = name.rpartition(".")
        origin = builder.origins.get(node, Origin((node,)))
        if name not in builder.constants and (kind != "bias" or origin.biased):
            parameters += math.prod(shape)
    assert parameters == 2_567_463_684
    assert beyond_limits(graph, (128, 128, 4)) is None


def test_operations_of_dit() -> None:
    """Source of the numbers: as above, for DiT-XL/2."""
    graph = dit.build(DitConfig(out_channels=8), 32).graph()
    counts = macs(graph, (32, 32, 4))
    products = [n.name for n in graph.nodes if isinstance(n, AttentionScores | AttentionMix)]
    attention = sum(counts[name] for name in products)
    assert attention / GIGA == pytest.approx(4.2, abs=0.1)
    assert (sum(counts.values()) - attention) / GIGA == pytest.approx(114.4, abs=0.2)


def test_models_at_their_own_sizes() -> None:
    """Stable Diffusion at 64 x 64 and DDPM at 256 x 256 fit integer normalization."""
    context = np.zeros((77, 768), np.float32)
    config = Unet2dConditionConfig(cross_attention_dim=768)
    assert beyond_limits(build(config, (64, 64, 4), context).graph(), (64, 64, 4)) is None
    ddpm = Unet2dConfig(
        sample_size=256,
        block_out_channels=(128, 128, 256, 256, 512, 512),
        down_block_types=(*4 * ("DownBlock2D",), "AttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "AttnUpBlock2D", *4 * ("UpBlock2D",)),
        attention_head_dim=None,
    )
    assert beyond_limits(build(ddpm, (256, 256, 3), None).graph(), (256, 256, 3)) is None


def test_images_that_are_not_square(tmp_path: Path) -> None:
    wide = import_model(write_model(tmp_path / "u", UNET), size=(4, 8))
    assert wide.image_shape == (4, 8, 3)
    assert predict(wide).shape == (1, 4, 8, 3)
    assert "square ones only" in error(write_model(tmp_path / "d", DIT), size=(4, 8))


def sharded(folder: Path) -> Path:
    """The tensors of ``folder`` in two files and an index, as diffusers lays them out."""
    path = folder / WEIGHT_FILES[0]
    weights = safetensors.numpy.load_file(path)
    path.unlink()
    names = sorted(weights)
    listed = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"diffusion_pytorch_model-0000{number}-of-00002.safetensors"
        safetensors.numpy.save_file({name: weights[name] for name in part}, folder / file)
        listed |= dict.fromkeys(part, file)
    index = folder / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": listed}))
    return index


def test_sharded_checkpoint(tmp_path: Path) -> None:
    expected = predict(imported(tmp_path / "whole", UNET))
    folder = write_model(tmp_path / "shards", UNET)
    index = sharded(folder)
    np.testing.assert_array_equal(predict(import_model(folder)), expected)

    good = json.loads(index.read_text())
    first, second = sorted(set(good["weight_map"].values()))
    name = next(name for name, file in good["weight_map"].items() if file == first)

    def damaged(weight_map: object) -> str:
        index.write_text(json.dumps({"weight_map": weight_map}))
        return error(folder)

    assert damaged([]).startswith(f"{index}: weight_map: ")
    assert damaged({"x": "../../etc/passwd"}).endswith("must be a file beside it")
    assert damaged({"x": 3}).startswith(f"{index}: weight_map.x = 3")
    assert "none.safetensors" in damaged(good["weight_map"] | {name: "none.safetensors"})
    assert damaged(good["weight_map"] | {"other": second}) == (
        f"{folder / second}: tensor 'other' is missing, which {index} lists"
    )
    index.write_text(json.dumps(good))
    (folder / second).write_bytes((folder / second).read_bytes()[:-1])
    assert error(folder).startswith(f"cannot read weights {folder / second}: ")
    (folder / second).unlink()
    os.mkfifo(folder / second)
    assert "it is a pipe" in error(folder)


def test_half_precision_shards(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "m", UNET)
    index = sharded(folder)
    index.rename(folder / "diffusion_pytorch_model.safetensors.index.fp16.json")
    assert import_model(folder).weights


@pytest.mark.parametrize("config", [UNET, SCALE_SHIFT], ids=["shift", "scale-shift"])
def test_pruned_residual_blocks(tmp_path: Path, config: dict[str, Any]) -> None:
    block = "down_blocks.1.resnets.0"
    folder = write_model(tmp_path / "m", config, {block: 8})
    model = import_model(folder)
    assert model.weights[f"{block}.conv1.weight"].shape == (3, 3, 8, 8)
    assert np.isfinite(predict(model)).all()

    # Not so many that the groups of normalization stay whole.
    folder = write_model(tmp_path / "n", config, {block: 12})
    odd = {f"{block}.conv1.weight": np.zeros((6, 8, 3, 3), np.float32)}
    edit_weights(folder, lambda weights: weights.update(odd))
    message = error(folder)
    assert f"tensor '{block}.conv1.weight' is (6, 8, 3, 3), but config.json asks for" in message
    assert "save the one that belongs to the weights as config.json" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"only_cross_attention": [False, False]}, None),
        ({"cross_attention_dim": [12, 12]}, None),
        ({"cross_attention_dim": [12, 13]}, "takes one value for all levels"),
        ({"cross_attention_dim": [12]}, "cross_attention_dim has 1 entries"),
        ({"cross_attention_dim": []}, "cross_attention_dim has 0 entries"),
        ({"only_cross_attention": [False, True]}, "only_cross_attention"),
        ({"only_cross_attention": [True, True]}, "only_cross_attention = [True, True]"),
        ({"dual_cross_attention": False, "mid_block_only_cross_attention": None}, None),
    ],
)
def test_lists_that_mean_the_same_as_a_scalar(
    tmp_path: Path, change: dict[str, Any], words: str | None
) -> None:
    folder = write_model(tmp_path / "m", CONDITION)
    expected = predict(import_model(folder, context=context_for(CONDITION)))
    (folder / CONFIG_FILE).write_text(json.dumps(CONDITION | change))
    if words is None:
        found = predict(import_model(folder, context=context_for(CONDITION)))
        np.testing.assert_array_equal(found, expected)
    else:
        assert words in error(folder, context=context_for(CONDITION))


@pytest.mark.parametrize("config", [UNET, CONDITION, DIT], ids=["unet", "condition", "dit"])
def test_sizes_beyond_all_measure(tmp_path: Path, config: dict[str, Any]) -> None:
    """Any number of a configuration may be huge: one line, without much memory or time."""
    folder = write_model(tmp_path / "m", config)
    for name, value in config.items():
        for huge in (10**12, 10**400, 1 << 16):
            if isinstance(value, int):
                changed: Any = huge
            elif isinstance(value, list) and isinstance(value[0], int):
                changed = [huge] * len(value)
            else:
                continue
            (folder / CONFIG_FILE).write_text(json.dumps(config | {name: changed}))
            started = time.process_time()
            error(folder, context=context_for(config))
            assert time.process_time() - started < 20, (name, huge)
