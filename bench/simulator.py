"""How fast the cycle model is, against Verilator and against reading its input."""

import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.table import Table

from bench.activations import all_layer_steps, layer_steps
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig, load_config
from sim.run.layer import layer_cycles
from sim.tile.lane_slots import lane_slots
from sim.tile.tile import tile_cycles
from tb.harness.task import Task
from tb.runner import run_bench
from tb.stimuli.layer_runs import layer_runs
from tb.stimuli.tile_run import TileRun, save_runs

REPEATS = 7

T = TypeVar("T")


def _seconds(work: Callable[[], object]) -> float:
    """The shortest of several times: the one least disturbed."""
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def against_verilator(layer: str = "encoder.conv1", step: int = 25) -> Table:
    """Simulated cycles per second on the same layer of ``digits-unet``."""
    table = Table("configuration", title=f"cycles per second, {layer} at step {step}, temporal")
    for column in ("cycles", "Verilator", "sim", "ratio", "differences"):
        table.add_column(column, justify="right")
    (layer_step,) = (s for s in layer_steps(step, 1) if s.layer.name == layer)
    for name in ("tiny", "small"):
        config = load_config(name)
        runs = list(layer_runs(layer_step, Mode.TEMPORAL, config))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "runs.npz"
            save_runs(path, runs)
            found = run_bench(Task(bench="tile", config=config, rows=path))

        def simulate(runs: list[TileRun], config: MachineConfig) -> int:
            timed = (tile_cycles(lane_slots(r.x, r.reference, config), config) for r in runs)
            return sum(timing.total for timing in timed)

        verilator = found.clock_cycles / found.seconds
        cycles = simulate(runs, config)
        sim = cycles / _seconds(partial(simulate, runs, config))
        table.add_row(
            name,
            f"{cycles:,}",
            f"{verilator:,.0f}",
            f"{sim:,.0f}",
            f"{sim / verilator:,.0f}",
            str(found.differences),
        )
    return table


def timing_alone(*images: int) -> Table:
    """Simulated cycles per second of whole runs whose activations are there, one thread."""
    config = load_config("small")
    table = Table("images", title="all layers, 50 temporal steps, small: activations given")
    for column in ("layer steps", "cycles", "cycles per second"):
        table.add_column(column, justify="right")
    for count in images:
        steps = all_layer_steps(count)

        def simulate(steps: list[LayerStep] = steps) -> int:
            return sum(layer_cycles(each, Mode.TEMPORAL, config).cycles for each in steps)

        cycles = simulate()
        speed = cycles / _seconds(simulate)
        table.add_row(f"{count}", f"{len(steps)}", f"{cycles:,}", f"{speed:,.0f}")
    return table


def against_numpy(images: int, step: int = 25) -> Table:
    """Time per element against one NumPy pass that compares the two inputs.

    The rows of all images of a layer are one array; many images do not fit the caches.
    """
    operands = [
        (product.rows.reshape(-1, k), product.previous_rows.reshape(-1, k))
        for layer_step in layer_steps(step, images)
        for product in layer_step.products(Mode.TEMPORAL)
        if product.previous_rows is not None and (k := product.rows.shape[-1])
    ]
    elements = sum(x.size for x, _ in operands)
    numpy = _seconds(lambda: [np.count_nonzero(x != reference) for x, reference in operands])
    table = Table(
        "configuration", title=f"time over np.count_nonzero(x != reference), {images} images"
    )
    for column in ("elements", "NumPy, ns each", "sim, one thread", "sim, all cores"):
        table.add_column(column, justify="right")
    for name in ("small", "tiny"):
        config = load_config(name)

        def simulate(pair: tuple[np.ndarray, np.ndarray], config=config) -> None:
            tile_cycles(lane_slots(*pair, config), config)

        one = _seconds(partial(_each, simulate, operands))
        with ThreadPoolExecutor() as pool:
            many = _seconds(partial(_on_threads, pool, simulate, operands))
        table.add_row(
            name,
            f"{elements:,}",
            f"{1e9 * numpy / elements:.3f}",
            f"{one / numpy:.2f}",
            f"{many / numpy:.2f}",
        )
    return table


def _each(work: Callable[[T], object], items: list[T]) -> None:
    for item in items:
        work(item)


def _on_threads(pool: ThreadPoolExecutor, work: Callable[[T], object], items: list[T]) -> None:
    list(pool.map(work, items))
