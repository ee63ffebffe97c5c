"""The seven models of Ditto's evaluation, by the hyperparameters of their public repositories."""

from collections.abc import Mapping

from dittosim.layers.models.ddpm import DdpmUnet
from dittosim.layers.models.latent_unet import Context, LatentUnet
from dittosim.layers.models.transformer import DiffusionTransformer

Network = DdpmUnet | LatentUnet | DiffusionTransformer

HEAD_CHANNELS = 32
"""Of BED"""

MODELS: Mapping[str, Network] = {
    "ddpm": DdpmUnet(
        size=32,
        channels=128,
        image_channels=3,
        multipliers=(1, 2, 2, 2),
        blocks=2,
        attention_sizes=(16,),
    ),
    "bed": LatentUnet(
        size=64,
        latent_channels=3,
        channels=224,
        multipliers=(1, 2, 3, 4),
        attention_at=(8, 4, 2),
        heads=lambda channels: channels // HEAD_CHANNELS,
    ),
    "chur": LatentUnet(
        size=32,
        latent_channels=4,
        channels=192,
        multipliers=(1, 2, 2, 4, 4),
        attention_at=(1, 2, 4, 8),
        heads=lambda _: 8,
        scale_shift=True,
        resampling_blocks=True,
    ),
    "img": LatentUnet(
        size=64,
        latent_channels=3,
        channels=192,
        multipliers=(1, 2, 3, 5),
        attention_at=(8, 4, 2),
        heads=lambda _: 1,
        context=Context(tokens=1, channels=512),
    ),
    "sdm": LatentUnet(
        size=64,
        latent_channels=4,
        channels=320,
        multipliers=(1, 2, 4, 4),
        attention_at=(4, 2, 1),
        heads=lambda _: 8,
        context=Context(tokens=77, channels=768),
    ),
    "dit": DiffusionTransformer(
        size=32, latent_channels=4, patch=2, width=1152, depth=28, heads=16
    ),
    "latte": DiffusionTransformer(
        size=32, latent_channels=4, patch=2, width=1152, depth=28, heads=16, frames=16
    ),
}
"""By name: q-diffusion ``configs/cifar10.yml``; latent-diffusion ``lsun_beds256``,
``lsun_churches256``, ``cin256-v2``; stable-diffusion ``v1-inference.yaml``; DiT-XL/2; Latte
``ucf101_sample.yaml``"""
