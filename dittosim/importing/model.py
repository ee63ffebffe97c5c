"""Imports a diffusers model: from its folder to a graph, float32 weights and a schedule."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dittosim.importing import dit, unet2d, unet2d_condition
from dittosim.importing.builder import ImportBuilder
from dittosim.importing.checkpoint import (
    CONFIG_FILE,
    Checkpoint,
    model_folder,
    read_json,
    scheduler_file,
)
from dittosim.importing.dit import DitConfig, OldDitConfig
from dittosim.importing.options import ModelConfig
from dittosim.importing.scheduler import DDPM_SCHEDULE, read_schedule
from dittosim.importing.unet2d import Unet2dConfig
from dittosim.importing.unet2d_condition import Unet2dConditionConfig
from dittosim.importing.weights import graph_weights
from golden.denoising.diffusion import Schedule
from golden.errors import DittosimError
from golden.integer.normalization import MAX_GROUP
from golden.integer.softmax import MAX_TOKENS
from golden.network.graph import Graph
from golden.network.nodes import GroupNorm, Shape, Softmax

CLASSES: dict[str, type[ModelConfig]] = {
    "UNet2DModel": Unet2dConfig,
    "UNet2DConditionModel": Unet2dConditionConfig,
    "DiTTransformer2DModel": DitConfig,
    "Transformer2DModel": OldDitConfig,
}


@dataclass(frozen=True)
class ImportedModel:
    """What a folder of diffusers says, before calibration."""

    kind: str
    """Name of the diffusers class"""
    graph: Graph
    weights: dict[str, np.ndarray]
    """float32, by ``node.parameter``"""
    image_shape: Shape
    schedule: Schedule
    schedule_file: Path | None
    """None if the schedule is DDPM's, for want of a file"""


def import_model(
    folder: Path, *, size: int | None = None, context: np.ndarray | None = None
) -> ImportedModel:
    """Reads the model in ``folder``.

    ``size`` is the side of the images instead of the model's own; ``context`` float32 (tokens,
    channels) is what a UNet2DConditionModel attends to. Raises DittosimError naming the file and
    what is wrong in it.
    """
    found = model_folder(folder)
    schedule, schedule_path = schedule_of(folder)
    path = found / CONFIG_FILE
    kind, config = read_config(path)
    try:
        image_shape = image_shape_of(config, size)
        builder = build(config, image_shape, context)
        graph = builder.graph()
        _check_limits(graph, graph.shapes(image_shape))
    except ValueError as error:
        raise DittosimError(f"{path}: {error}") from error
    with Checkpoint.opened(found) as checkpoint:
        weights = graph_weights(graph, builder, checkpoint)
    return ImportedModel(kind, graph, weights, image_shape, schedule, schedule_path)


def schedule_of(folder: Path) -> tuple[Schedule, Path | None]:
    """The schedule of a model or pipeline and its file; DDPM's default and None for want of one."""
    path = scheduler_file(folder)
    return (read_schedule(path), path) if path else (DDPM_SCHEDULE, None)


def read_config(path: Path) -> tuple[str, ModelConfig]:
    """Name and options of the model class; DittosimError for what the import does not know."""
    values = read_json(path)
    kind: Any = values.get("_class_name")
    if kind not in CLASSES:
        raise DittosimError(
            f"{path}: _class_name = {kind!r}: not supported by the import, which knows "
            f"{', '.join(CLASSES)}"
        )
    return kind, CLASSES[kind].of(values, str(path))


def build(config: ModelConfig, image_shape: Shape, context: np.ndarray | None) -> ImportBuilder:
    """The graph of a model; ValueError for options that do not go together."""
    check_context(config, context)
    if isinstance(config, Unet2dConditionConfig) and context is not None:
        return unet2d_condition.build(config, context)
    if isinstance(config, Unet2dConfig):
        return unet2d.build(config)
    if isinstance(config, DitConfig):
        return dit.build(config, image_shape[0])
    raise TypeError(type(config).__name__)


def check_context(config: ModelConfig, context: np.ndarray | None) -> None:
    """Raises ValueError unless ``context`` is there where it is needed, and of the right shape."""
    if not isinstance(config, Unet2dConditionConfig):
        if context is not None:
            raise ValueError("the model attends to no context: leave out --context")
        return
    width = config.cross_attention_dim
    if context is None:
        raise ValueError(
            f"the model attends to a context: give its tokens (tokens, {width}) with --context"
        )
    if context.ndim != 2 or not len(context) or context.shape[1] != width:
        raise ValueError(
            f"cross_attention_dim = {width}: the context must be (tokens, {width}), "
            f"but is {context.shape}"
        )


def image_shape_of(config: ModelConfig, size: int | None) -> Shape:
    """Height, width and channels of the images, of side ``size`` if given; ValueError if wrong."""
    found = size or config.sample_size
    if found is None:
        raise ValueError("there is no sample_size: give the side of the images with --size")
    height, width = (found, found) if isinstance(found, int) else found
    multiple = config.size_multiple
    if height % multiple or width % multiple:
        raise ValueError(
            f"images of {height} x {width} pixels: the model needs multiples of {multiple}; "
            "choose a side with --size"
        )
    if (config.out_channels or config.in_channels) < config.in_channels:
        raise ValueError(
            f"out_channels = {config.out_channels}: less than in_channels = {config.in_channels}; "
            "a sampler needs a prediction for every channel of the image"
        )
    return height, width, config.in_channels


def _check_limits(graph: Graph, shapes: dict[str, Shape]) -> None:
    for node in graph.nodes:
        height, width, channels = shapes[node.name]
        if isinstance(node, GroupNorm) and height * width * channels // node.groups > MAX_GROUP:
            raise ValueError(
                f"module '{node.name}': {height} x {width} pixels of {channels // node.groups} "
                f"channels are more than the {MAX_GROUP} elements that integer normalization takes "
                "as a group; choose smaller images with --size"
            )
        if isinstance(node, Softmax) and channels // node.heads > MAX_TOKENS:
            raise ValueError(
                f"module '{node.name}': {channels // node.heads} tokens are more than the "
                f"{MAX_TOKENS} that integer softmax takes; choose smaller images with --size"
            )
