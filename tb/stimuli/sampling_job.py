"""A sampling run on the Verilog, as it is handed to the simulator's process and back."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.denoising.image_noise import ImageSeed
from golden.denoising.samplers import Sampler
from golden.files import write_whole
from golden.step.program import StepProgram


@dataclass(frozen=True)
class SamplingJob:
    """One image of a workload."""

    workload: str
    """Its name or folder"""
    program: StepProgram
    noise: np.ndarray
    """float32 (1, height, width, channels)"""
    steps: int
    """Of the run"""
    last_step: int
    """The one after which it is left, from 0 on"""
    sampler: Sampler
    seed: ImageSeed
    labels: np.ndarray | None
    """int64 (1,), the class asked for"""


@dataclass(frozen=True)
class SamplingResult:
    """What the Verilog drew."""

    image: np.ndarray
    """float32 (1, height, width, channels), after the last step"""
    counters: list[dict[str, int]]
    """The machine's, step by step"""


def save(value: SamplingJob | SamplingResult, path: Path) -> None:
    """For the other process; not a format to keep."""
    write_whole(path, pickle.dumps(value))


def load(path: Path) -> SamplingJob | SamplingResult:
    """What the other process left."""
    return pickle.loads(path.read_bytes())


def result_path(job: Path) -> Path:
    """Where the bench leaves what it drew."""
    return job.with_suffix(".result")
