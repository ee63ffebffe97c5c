"""Layers of a real sampling run, as a tile is given them."""

from collections.abc import Iterator

import numpy as np

from golden.config import MachineConfig
from golden.denoiser import LayerStep
from golden.mapping import Mapping
from golden.matmul import Mode, reference_rows
from golden.tile import Job
from tb.tile_run import TileRun


def layer_runs(
    layer_step: LayerStep,
    mode: Mode,
    config: MachineConfig,
    *,
    image: int = 0,
    rows: int | None = None,
) -> Iterator[TileRun]:
    """Every pass of one image's layer on the tiles of a machine, in the order of the mapping.

    ``rows`` takes only the first rows. TEMPORAL preloads the previous step's accumulators, and a
    row longer than a tile holds goes on from what its first chunks left.
    """
    layer = layer_step.layer
    all_rows = layer_step.rows[image][:rows]
    previous = layer_step.previous
    mapping = Mapping.of(len(all_rows), layer.k, layer.columns, config)
    for columns in mapping.column_blocks:
        weights = np.zeros((layer.k, config.columns), np.int8)
        weights[:, : columns.stop - columns.start] = layer.weights[:, columns]
        for block in mapping.row_blocks:
            x = all_rows[block]
            temporal = previous if mode is Mode.TEMPORAL else None
            reference = reference_rows(
                mode,
                x,
                layer.input_format.zero_point,
                temporal.rows[image][block] if temporal else None,
            )
            stored = None
            if temporal:
                stored = np.zeros((len(x), config.columns), np.int32)
                known = temporal.accumulators[image][block, columns]
                stored[:, : known.shape[1]] = known
            for chunk in mapping.k_chunks:
                job = Job(
                    rows=len(x),
                    load=stored is not None or chunk.start > 0,
                    carry=mode is Mode.SPATIAL,
                    emit=chunk.stop == layer.k,
                )
                first = chunk.start == 0
                yield TileRun(
                    weights[chunk],
                    stored if first else None,
                    (job,),
                    np.ascontiguousarray(x[:, chunk]),
                    np.ascontiguousarray(reference[:, chunk]),
                )
