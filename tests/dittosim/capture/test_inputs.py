"""Further inputs: what is missing, unknown or wrong is said in one line, and nothing is written."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.command_line import Cli
from tests.helpers.denoisers import CASES, write_case

pytestmark = pytest.mark.filterwarnings("ignore")
TEXT = "added_cond_kwargs.text_embeds"
IDS = "added_cond_kwargs.time_ids"
Arrays = dict[str, np.ndarray]


@pytest.mark.parametrize(
    ("name", "edit", "words"),
    [
        ("sdxl", lambda a: a.pop(TEXT), (TEXT, "is missing", "addition_embed_type = text_time")),
        ("sdxl", lambda a: a.pop("encoder_hidden_states"), ("--context or --inputs",)),
        ("sdxl", lambda a: a.update(extra=np.ones(3)), ("'extra' is unknown", TEXT)),
        (
            "sdxl",
            lambda a: a.update({"added_cond_kwargs.image": np.ones(3)}),
            ("'added_cond_kwargs.image' is unknown",),
        ),
        ("sdxl", lambda a: a.update({TEXT: np.ones(7)}), ("= 54", "of 7 and 6", "make 55")),
        ("sdxl", lambda a: a.update({IDS: np.ones((3, 6))}), (IDS, "(3, 6)", "(ids,)")),
        ("sdxl", lambda a: a.update(timestep=np.ones(1)), ("given by sampling",)),
        ("sdxl", lambda a: a.update({TEXT: np.full(6, np.nan)}), ("not finite",)),
        ("sdxl", lambda a: a.update({TEXT: np.array(["a"] * 6)}), ("holds <U1, no numbers",)),
        (
            "pixart-alpha",
            lambda a: a.update(encoder_attention_mask=np.ones(4)),
            ("(4,), but must be (tokens,) or (images, tokens) (tokens = 5)",),
        ),
        (
            "pixart-alpha",
            lambda a: a.pop("added_cond_kwargs.resolution"),
            ("added_cond_kwargs.resolution", "use_additional_conditions"),
        ),
        ("pixart-sigma", lambda a: a.update({TEXT: np.ones(3)}), ("is unknown",)),
        (
            "sd3",
            lambda a: a.update(pooled_projections=np.ones((1, 9))),
            ("(1, 9), but must be (10,) or (images, 10)", "pooled_projection_dim = 10"),
        ),
        ("flux", lambda a: a.pop("guidance"), ("'guidance' is missing", "guidance_embeds = true")),
        ("flux", lambda a: a.update(txt_ids=np.zeros((4, 3))), ("txt_ids", "(tokens = 5)")),
        ("unet", lambda a: a.update(class_labels=np.array(0)), ("the model takes none",)),
        ("dit", lambda a: a.update(class_labels=np.array(6)), ("integers from 0 to 5",)),
        ("dit", lambda a: a.update(class_labels=np.array(1.5)), ("integers from 0 to 5",)),
    ],
)
def test_what_does_not_fit(
    cli: Cli, name: str, edit: Callable[[Arrays], object], words: tuple[str, ...]
) -> None:
    case = CASES[name]
    write_case(case, Path("model"))
    arrays = dict(case.inputs)
    edit(arrays)
    np.savez("inputs.npz", **arrays)
    size = ["--size", case.size] if case.size else []
    options = ("-o", "t", "--steps", 1, *size, "--inputs", "inputs.npz")
    cli("capture", "model", *options).refused(*words)
    assert not Path("t").exists()


def test_damaged_files(cli: Cli) -> None:
    write_case(CASES["sdxl"], Path("model"))
    path = Path("inputs.npz")
    content = path.read_bytes()
    arguments = ("capture", "model", "-o", "t", "--inputs", path)
    for size in (0, 5, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:size])
        cli(*arguments).refused(f"cannot read inputs {path}", "numpy.savez")
    np.savez(path, x=np.array([{}], dtype=object))
    cli(*arguments).refused("array 'x': it holds Python objects")
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    cli(*arguments).refused("it is one array (.npy)")
    path.unlink()
    cli(*arguments).refused("cannot read inputs inputs.npz")
    assert not Path("t").exists()


def test_guidance_needs_what_it_leads_away_from(cli: Cli) -> None:
    write_case(CASES["condition"], Path("model"))
    np.save("negative.npy", np.zeros((5, 11), np.float32))
    arguments = ("capture", "model", "-o", "t", "--inputs", "inputs.npz")
    cli(*arguments, "--guidance", 7.5).refused("--negative F")
    cli(*arguments, "--negative", "negative.npy").refused("--guidance SCALE")
    for scale in (1, 0.5, "nan", "inf"):
        cli(*arguments, "--guidance", scale, "--negative", "negative.npy").refused("above 1")
    wrong = ("--guidance", 2, "--negative", "negative.npy")
    cli(*arguments, *wrong).refused("negative.npy", "(5, 11)", "cross_attention_dim = 12")
    np.save("context.npy", np.zeros((5, 12), np.float32))
    cli(*arguments, "--context", "context.npy").refused("as well; leave one out")
    assert not Path("t").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"_class_name": "NoSuchModel"}, ("_class_name = 'NoSuchModel'", "no such model")),
        ({"_class_name": None}, ("_class_name = None", "no such model")),
        ({"_class_name": "StableDiffusionPipeline"}, ("no such model",)),
        ({"_class_name": "AutoencoderKL"}, ("no denoiser",)),
        ({"sample_size": "x"}, ("no planes of pixels",)),
        ({"sample_size": None}, ("--size",)),
        ({"block_out_channels": 3}, ("no options of UNet2DConditionModel",)),
        ({"act_fn": "mish!"}, ("diffusers cannot load",)),
    ],
)
def test_classes_and_options_that_are_none(
    cli: Cli, values: dict[str, object], words: tuple[str, ...]
) -> None:
    write_case(CASES["condition"], Path("model"))
    path = Path("model/config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | values))
    arguments = ("capture", "model", "-o", "t", "--inputs", "inputs.npz")
    cli(*arguments).refused(*words)
    assert not Path("t").exists()
