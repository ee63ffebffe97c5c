"""Imports a diffusers model: from its folder to a graph and float32 weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dittosim.importing import dit, unet2d, unet2d_condition
from dittosim.importing.added import SIZES, TEXT, added_vector
from dittosim.importing.builder import ImportBuilder
from dittosim.importing.checkpoint import CONFIG_FILE, Checkpoint, model_folder
from dittosim.importing.dit import DitConfig, OldDitConfig
from dittosim.importing.options import ModelConfig
from dittosim.importing.resnet import NO_WIDTHS, InnerWidths
from dittosim.importing.unet import UnetConfig
from dittosim.importing.unet2d import Unet2dConfig
from dittosim.importing.unet2d_condition import Unet2dConditionConfig
from dittosim.importing.weights import graph_weights
from golden.errors import DittosimError
from golden.integer.normalization import MAX_GROUP
from golden.integer.softmax import MAX_TOKENS
from golden.network.graph import MAX_ELEMENTS, Graph
from golden.network.nodes import GroupNorm, Shape, Softmax
from golden.reading import read_json

Size = tuple[int, int]
"""Height and width of images, in pixels"""

NO_INPUTS: Mapping[str, np.ndarray] = {}

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


def import_model(
    folder: Path,
    *,
    size: Size | None = None,
    context: np.ndarray | None = None,
    inputs: Mapping[str, np.ndarray] = NO_INPUTS,
) -> ImportedModel:
    """Reads the model in ``folder``.

    ``size`` is that of the images instead of the model's own; ``context`` float32 (tokens,
    channels) is what a UNet2DConditionModel attends to, ``inputs`` what else it takes
    (:mod:`dittosim.importing.added`). Raises DittosimError naming the file and what is wrong in it.
    """
    found = model_folder(folder)
    path = found / CONFIG_FILE
    kind, config = read_config(path)
    with _named(path):
        image_shape = image_shape_of(config, size)
        check_context(config, context)
        added = vector_of(config, inputs)
    with Checkpoint.opened(found) as checkpoint:
        with _named(path):
            builder = build(config, image_shape, context, inner_widths(config, checkpoint), added)
            graph = builder.graph()
            _check_limits(graph, image_shape, config, context)
        weights = graph_weights(graph, builder, checkpoint)
    return ImportedModel(kind, graph, weights, image_shape)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise DittosimError(f"{path}: {error}") from error


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


def inner_widths(config: ModelConfig, checkpoint: Checkpoint) -> InnerWidths:
    """Channels between the convolutions of residual blocks, as the checkpoint has them.

    They differ from the configuration's where a block was pruned; its groups stay as many.
    """
    widths: dict[str, int] = {}
    if isinstance(config, UnetConfig):
        for name in checkpoint.names():
            block = name.removesuffix(".conv1.weight")
            if block == name:
                continue
            first, second = checkpoint.shape(name), checkpoint.shape(f"{block}.conv2.weight")
            whole = first and second and len(first) == len(second) == 4 and first[0] == second[1]
            if first and whole and first[0] and first[0] % config.norm_num_groups == 0:
                widths[block] = first[0]
    return widths


def build(
    config: ModelConfig,
    image_shape: Shape,
    context: np.ndarray | None,
    inner: InnerWidths = NO_WIDTHS,
    added: np.ndarray | None = None,
) -> ImportBuilder:
    """The graph of a model; ValueError for options that do not go together."""
    check_context(config, context)
    if isinstance(config, Unet2dConditionConfig) and context is not None:
        return unet2d_condition.build(config, context, inner, added)
    if isinstance(config, Unet2dConfig):
        return unet2d.build(config, inner)
    if isinstance(config, DitConfig):
        return dit.build(config, image_shape[0])
    raise TypeError(type(config).__name__)


def vector_of(config: ModelConfig, inputs: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """What is added to the vector of the time; ValueError for missing and for unknown inputs."""
    takes = isinstance(config, Unet2dConditionConfig) and config.addition_embed_type is not None
    for name in inputs:
        if not takes or name not in (TEXT, SIZES):
            known = f"'{TEXT}' and '{SIZES}'" if takes else "none"
            raise ValueError(f"input '{name}' is unknown: the model takes {known}")
    return added_vector(config, inputs) if isinstance(config, Unet2dConditionConfig) else None


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


def image_shape_of(config: ModelConfig, size: Size | None) -> Shape:
    """Height, width and channels of the images, of ``size`` if given; ValueError if wrong."""
    found = size or config.sample_size
    if found is None:
        raise ValueError("there is no sample_size: give that of the images with --size")
    height, width = (found, found) if isinstance(found, int) else found
    multiple = config.size_multiple
    if height % multiple or width % multiple:
        raise ValueError(
            f"images of {height} x {width} pixels: the model needs multiples of {multiple}; "
            "choose them with --size"
        )
    if isinstance(config, DitConfig) and height != width:
        raise ValueError(f"images of {height} x {width} pixels: the model takes square ones only")
    if (config.out_channels or config.in_channels) < config.in_channels:
        raise ValueError(
            f"out_channels = {config.out_channels}: less than in_channels = {config.in_channels}; "
            "a sampler needs a prediction for every channel of the image"
        )
    return height, width, config.in_channels


def _check_limits(
    graph: Graph, image_shape: Shape, config: ModelConfig, context: np.ndarray | None
) -> None:
    """Raises ValueError for images too large for the integers, naming the largest that fit."""
    reason = beyond_limits(graph, image_shape)
    if reason is None:
        return
    multiple, channels = config.size_multiple, image_shape[2]
    fits, too_large = 0, max(image_shape[:2]) // multiple
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        shape = (middle * multiple, middle * multiple, channels)
        smaller = build(config, shape, context).graph()
        fits, too_large = (fits, middle) if beyond_limits(smaller, shape) else (middle, too_large)
    side = fits * multiple
    raise ValueError(f"{reason}; the largest that fit are {side} x {side}, choose them with --size")


def beyond_limits(graph: Graph, image_shape: Shape) -> str | None:
    """What is too large for integer arithmetic, None if nothing is."""
    shapes = graph.shapes(image_shape)
    pixels = f"images of {image_shape[0]} x {image_shape[1]} pixels"
    for node in graph.nodes:
        height, width, channels = shapes[node.name]
        if isinstance(node, GroupNorm) and height * width * channels // node.groups > MAX_GROUP:
            return (
                f"{pixels}: module '{node.name}' normalizes groups of more than {MAX_GROUP:,} "
                "elements"
            )
        if isinstance(node, Softmax) and channels // node.heads > MAX_TOKENS:
            return f"{pixels}: module '{node.name}' attends to more than {MAX_TOKENS:,} tokens"
        if height * width * channels > MAX_ELEMENTS:
            return f"{pixels}: module '{node.name}' has more than {MAX_ELEMENTS:,} elements"
    return None
