"""Channel selection: time and memory for one large layer, and for all blocks of a large U-Net."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from rich.table import Table

from bench.memory import peak_mebibytes
from golden.pruning.clustering import Linkage
from golden.pruning.selection import Criterion, select_filters

SHARE_KEPT = 0.5
STABLE_DIFFUSION = [
    *[(320, 320), (320, 320), (320, 640), (640, 640)],
    *[(640, 1280), (1280, 1280), (1280, 1280), (1280, 1280)],
    *[(1280, 1280), (1280, 1280)],
    *[(2560, 1280), (2560, 1280), (2560, 1280)],
    *[(2560, 1280), (2560, 1280), (1920, 1280)],
    *[(1920, 640), (1280, 640), (960, 640)],
    *[(960, 320), (640, 320), (640, 320)],
]
"""Input channels and filters of the first convolution of Stable Diffusion 1.5's 22 residual blocks,
those that can be pruned."""


def one_layer(channels: int = 1280, filters: int = 1280) -> Table:
    """Every criterion and linkage on one 3 x 3 convolution with random weights."""
    title = f"half of {filters:,} filters, {channels:,} channels, 3 x 3"
    table = _table(title, [(channels, filters)])
    for criterion in Criterion:
        for linkage in Linkage if criterion is Criterion.REPRUNE else [Linkage.WARD]:
            name = f"reprune, {linkage}" if criterion is Criterion.REPRUNE else criterion.value
            _add(table, name, [(channels, filters)], criterion, linkage)
    return table


def large_unet() -> Table:
    """All layers that can be pruned in a U-Net of Stable Diffusion's size, one after the other."""
    title = f"half of the filters, {len(STABLE_DIFFUSION)} residual blocks"
    table = _table(title, STABLE_DIFFUSION)
    _add(table, "reprune, ward", STABLE_DIFFUSION, Criterion.REPRUNE, Linkage.WARD)
    return table


def _table(title: str, shapes: list[tuple[int, int]]) -> Table:
    table = Table("run", title=title)
    for column in ("s", "peak MiB"):
        table.add_column(column, justify="right")
    _add(table, "imports and weights only", shapes, None, Linkage.WARD)
    return table


def _add(
    table: Table,
    name: str,
    shapes: list[tuple[int, int]],
    criterion: Criterion | None,
    linkage: Linkage,
) -> None:
    """A row measured in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        seconds, peak = pool.submit(_measured, shapes, criterion, linkage).result()
    table.add_row(name, f"{seconds:.1f}", f"{peak:,.0f}")


def _measured(
    shapes: list[tuple[int, int]], criterion: Criterion | None, linkage: Linkage
) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    seconds = 0.0
    for channels, filters in shapes:
        weight = rng.standard_normal((3, 3, channels, filters), np.float32)
        if criterion:
            began = time.perf_counter()
            count = round(SHARE_KEPT * filters)
            select_filters(weight, count, rng, criterion=criterion, linkage=linkage)
            seconds += time.perf_counter() - began
    return seconds, peak_mebibytes()
