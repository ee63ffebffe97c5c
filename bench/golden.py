"""Golden's integer run against PyTorch in float32 (extra ``train``), and the memory it takes."""

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context

import numpy as np
from rich.table import Table

from bench.memory import peak_mebibytes
from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.workload.workload import load_workload

WORKLOAD = "digits-unet"
REPEATS = 3


def against_pytorch(images: int, steps: int = 50) -> Table:
    """Seconds of a sampling run, same steps and batch, on all cores; best of three."""
    workload = load_workload(WORKLOAD)
    noise = workload.noise(images, 0)
    table = Table("run", title=f"{WORKLOAD}: {images} images in {steps} steps")
    for column in ("s", "over PyTorch"):
        table.add_column(column, justify="right")
    reference = _pytorch_seconds(images, steps) if find_spec("torch") else None
    if reference is None:
        table.caption = "PyTorch is missing: make extras"
    else:
        table.add_row("PyTorch, float32", f"{reference:.2f}", "1.00")
    runs = {"golden, float32": lambda: workload.sample_float(noise, steps)} | {
        f"golden, integers, {mode}": lambda mode=mode: workload.sample(mode, noise, steps)
        for mode in Mode
    }
    for name, run in runs.items():
        seconds = _best(run)
        ratio = f"{seconds / reference:.2f}" if reference else "-"
        table.add_row(name, f"{seconds:.2f}", ratio)
    return table


def peak_memory(images: int, steps: int = 50) -> Table:
    """Peak resident memory of a process that does nothing but one run."""
    table = Table("run", title=f"peak memory, {WORKLOAD}, {images} images in {steps} steps")
    table.add_column("MiB", justify="right")
    for name, run in (("imports only", None), *((mode.value, mode) for mode in Mode)):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            table.add_row(name, f"{pool.submit(_peak, run, images, steps).result():,.0f}")
    return table


def _peak(mode: Mode | None, images: int, steps: int) -> float:
    workload = load_workload(WORKLOAD)
    if mode:
        workload.sample(mode, workload.noise(images, 0), steps)
    return peak_mebibytes()


def _pytorch_seconds(images: int, steps: int) -> float:
    import torch

    from dittosim.training.torch_graph import TorchGraph

    workload = load_workload(WORKLOAD)
    model = TorchGraph(workload.description.graph)
    model.load(workload.weights)

    def denoise(image: np.ndarray, at: int) -> np.ndarray:
        with torch.inference_mode():
            return model(torch.from_numpy(image), torch.full((len(image),), at)).numpy()

    noise, schedule = workload.noise(images, 0), workload.description.schedule
    return _best(lambda: sample(Sampler.DDIM, denoise, noise, schedule, steps))


def _best(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return min(seconds)
