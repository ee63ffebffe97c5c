"""Layers of a real sampling run, as a tile is given them."""

from collections.abc import Iterator

import numpy as np

from golden.difference.layer_step import LayerInput
from golden.difference.matmul import Mode, Product, reference_rows
from golden.difference.tile import Job
from golden.machine.config import MachineConfig
from golden.machine.mapping import Mapping
from tb.stimuli.tile_run import TileRun


def layer_runs(
    layer_input: LayerInput,
    mode: Mode,
    config: MachineConfig,
    *,
    instance: int = 0,
    rows: int | None = None,
) -> Iterator[TileRun]:
    """Every pass of one of a layer's products on the tiles of a machine, in the mapping's order.

    ``instance`` is the image (or image and head) it is of, ``rows`` takes only the first rows.
    TEMPORAL preloads the accumulators that it adds to, and a row longer than a tile holds goes on
    from what its first chunks left. Where both operands change, the second operation adds to
    what the first one left, transposed.
    """
    previous = layer_input.previous
    stored = previous.accumulators[instance] if mode is Mode.TEMPORAL and previous else None
    for product in layer_input.products(mode):
        yield from _product_runs(product, mode, config, instance, rows, stored)
        if stored is not None:
            weights = product.weights if product.weights.ndim == 2 else product.weights[instance]
            change = product.differences(mode)[instance].astype(np.int32) @ weights
            stored = (stored + change).T


def _product_runs(
    product: Product,
    mode: Mode,
    config: MachineConfig,
    instance: int,
    rows: int | None,
    stored: np.ndarray | None,
) -> Iterator[TileRun]:
    operand = product.weights if product.weights.ndim == 2 else product.weights[instance]
    all_rows = product.rows[instance][:rows]
    before = product.previous_rows[instance] if product.previous_rows is not None else None
    k, width = operand.shape
    mapping = Mapping.of(len(all_rows), k, width, config)
    for columns in mapping.column_blocks:
        weights = np.zeros((k, config.columns), np.int8)
        weights[:, : columns.stop - columns.start] = operand[:, columns]
        for block in mapping.row_blocks:
            x = all_rows[block]
            reference = reference_rows(
                mode, x, product.zero_point, before[block] if before is not None else None
            )
            preloaded = None
            if stored is not None:
                preloaded = np.zeros((len(x), config.columns), np.int32)
                known = stored[block, columns]
                preloaded[:, : known.shape[1]] = known
            for chunk in mapping.k_chunks:
                first = chunk.start == 0
                job = Job(
                    rows=len(x),
                    load=stored is not None or not first,
                    carry=mode is Mode.SPATIAL,
                    emit=chunk.stop == k,
                )
                yield TileRun(
                    weights[chunk],
                    preloaded if first else None,
                    (job,),
                    np.ascontiguousarray(x[:, chunk]),
                    np.ascontiguousarray(reference[:, chunk]),
                )
