"""The order in which the passes of a layer follow each other, compiled."""

import numpy as np

from golden.jit import engine

WALK = np.dtype(
    [
        (name, np.int64)
        for name in (
            # 1 while there are passes left
            "active",
            # The place of the layer among the products
            "layer",
            "row_block",
            "group",
            "chunk",
            # Passes, or blocks, so far
            "done",
        )
    ]
)


@engine
def begin(walk, layer):  # pragma: no cover - compiled
    """The walk stands before the first pass of a layer."""
    walk.active, walk.layer = 1, layer
    walk.row_block = walk.group = walk.chunk = walk.done = 0


@engine
def next_pass(walk, layer):  # pragma: no cover - compiled
    """On to the next pass."""
    if walk.chunk < layer.chunks - 1:
        walk.chunk += 1
        walk.done += 1
    else:
        walk.chunk = 0
        next_block(walk, layer)


@engine
def next_block(walk, layer):  # pragma: no cover - compiled
    """On to the next block of results."""
    last_group, last_rows = _last(walk, layer)
    walk.done += 1
    if last_group and last_rows:
        walk.active = 0
    if last_group or not layer.rows_outer:
        walk.row_block = 0 if last_rows else walk.row_block + 1
    if last_rows or layer.rows_outer:
        walk.group = 0 if last_group else walk.group + 1


@engine
def _last(walk, layer):  # pragma: no cover - compiled
    return walk.group == layer.groups - 1, walk.row_block == layer.row_blocks - 1


@engine
def last_chunk(walk, layer):  # pragma: no cover - compiled
    """Whether the pass is its block's last."""
    return walk.chunk == layer.chunks - 1


@engine
def _weights_stay(layer):  # pragma: no cover - compiled
    """Whether the passes of the inner loop have the same weights."""
    return layer.chunks == 1 and (layer.groups == 1 or not layer.rows_outer)


@engine
def _inputs_stay(layer):  # pragma: no cover - compiled
    """Whether the passes of the inner loop have the same inputs."""
    return layer.rows_outer or layer.row_blocks == 1


@engine
def new_weights(walk, layer):  # pragma: no cover - compiled
    """Whether the pass needs other weights than the one before."""
    return not (_weights_stay(layer) and walk.row_block > 0)


@engine
def new_inputs(walk, layer):  # pragma: no cover - compiled
    """Whether it needs other inputs."""
    return walk.chunk == 0 and not (_inputs_stay(layer) and walk.group > 0)


@engine
def frees_weights(walk, layer):  # pragma: no cover - compiled
    """Whether the next one needs other weights."""
    return walk.row_block == layer.row_blocks - 1 or not _weights_stay(layer)


@engine
def frees_inputs(walk, layer):  # pragma: no cover - compiled
    """Whether the next one needs other inputs."""
    last_group = walk.group == layer.groups - 1
    return last_chunk(walk, layer) and (last_group or not _inputs_stay(layer))


@engine
def block_of_results(walk, layer):  # pragma: no cover - compiled
    """Where the results of a pass lie, and how many they are, in bus words."""
    row_words, tail_words = layer.block_words, layer.row_tail_words
    last_group, last_rows = _last(walk, layer)
    if last_group:
        row_words, tail_words = layer.group_tail_words, layer.tail_words
    before = walk.group * layer.group_words + walk.row_block * row_words
    return before, tail_words if last_rows else row_words
