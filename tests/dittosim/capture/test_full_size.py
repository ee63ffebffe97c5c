"""Models at their own sizes: on PyTorch's device without memory, every operation is counted."""

from typing import Any

import pytest

from tests.helpers.full_size import FLUX, PIXART, SD3, SDXL

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore")]

CASES: dict[str, tuple[str, dict[str, Any], dict[str, tuple[int, ...]], int, int]] = {
    "Stable Diffusion 1": (
        "UNet2DConditionModel",
        {"cross_attention_dim": 768},
        {"sample": (4, 64, 64), "encoder_hidden_states": (77, 768)},
        401_608_867_840,
        27_852_800,
    ),
    "SDXL": (
        "UNet2DConditionModel",
        SDXL,
        {
            "sample": (4, 128, 128),
            "encoder_hidden_states": (77, 2048),
            "added_cond_kwargs.text_embeds": (1280,),
            "added_cond_kwargs.time_ids": (6,),
        },
        3_380_593_295_360,
        24_903_680,
    ),
    "PixArt": (
        "PixArtTransformer2DModel",
        PIXART,
        {
            "hidden_states": (4, 128, 128),
            "encoder_hidden_states": (120, 4096),
            "added_cond_kwargs.resolution": (2,),
            "added_cond_kwargs.aspect_ratio": (1,),
        },
        3_254_751_461_376,
        10_321_920,
    ),
    "Stable Diffusion 3": (
        "SD3Transformer2DModel",
        SD3,
        {
            "hidden_states": (16, 128, 128),
            "encoder_hidden_states": (333, 4096),
            "pooled_projections": (2048,),
        },
        4_451_485_753_344,
        683_016_192,
    ),
    "Flux": (
        "FluxTransformer2DModel",
        FLUX,
        {
            "hidden_states": (4096, 64),
            "encoder_hidden_states": (512, 4096),
            "pooled_projections": (768,),
            "guidance": (),
            "img_ids": (3,),
            "txt_ids": (3,),
        },
        37_189_048_074_240,
        3_278_635_008,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_everything_is_counted(name: str) -> None:
    """In layers of pixels and tokens, and in products of vectors."""
    diffusers = pytest.importorskip("diffusers")
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from dittosim.capture.model import _nested
    from dittosim.capture.watching import Watcher

    kind, options, shapes, layers, vectors = CASES[name]
    repeats = {"img_ids": 4096, "txt_ids": 512}
    with torch.device("meta"), torch.no_grad():
        model = getattr(diffusers, kind)(**options).eval()
        inputs = {each: torch.zeros(repeats.get(each, 1), *shapes[each]) for each in shapes}
        watcher = Watcher(model, pattern="")
        watcher.begin()
        counter = FlopCounterMode(display=False)
        with counter, sdpa_kernel(SDPBackend.MATH), watcher:
            model(timestep=torch.zeros(1), **_nested(inputs))
    assert sum(watcher.macs.values()) == layers
    assert sum(watcher.vectors.values()) == vectors
    assert counter.get_total_flops() == 2 * (layers + vectors)
