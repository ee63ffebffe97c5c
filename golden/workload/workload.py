"""A workload: a trained model with its graph, schedule and calibration, as a folder on disk.

``workload.json`` describes it (:class:`WorkloadDescription`), ``weights.safetensors`` holds the
float32 weights by ``node.parameter``.
"""

import hashlib
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Self

import numpy as np
import safetensors
import safetensors.numpy
from pydantic import BaseModel, ConfigDict, Field, model_validator

from golden.denoising.denoiser import Denoiser, Flow, Observer
from golden.denoising.diffusion import Schedule
from golden.denoising.image_noise import ImageSeed
from golden.denoising.lowering import IntegerGraph, tensors_with_formats
from golden.denoising.samplers import Denoise, Sampler, images_by_step, sample
from golden.difference.layer import NodeLayer
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.files import naming, save_tensors, write_whole
from golden.floating.execution import run_graph
from golden.formats.quantization import TensorFormat
from golden.network.graph import MAX_ELEMENTS, Graph
from golden.network.nodes import AttentionMatmul, Positive, Unpatchify, Upsample
from golden.network.operands import WIDE, reads_operands, tensor_bits
from golden.reading import check_regular
from golden.workload.description import read_description
from golden.workload.kinds import WORKLOAD_FILE, Kind, contents, kind_of

DESCRIPTION_FILE = WORKLOAD_FILE
WEIGHTS_FILE = "weights.safetensors"


class WorkloadDescription(BaseModel):
    """What ``workload.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str = Field(description="one line on the model and what it was trained on")
    image_shape: tuple[Positive, Positive, Positive] = Field(description="height, width, channels")
    steps: int = Field(gt=0, description="usual number of denoising steps")
    schedule: Schedule
    graph: Graph
    formats: dict[str, TensorFormat] = Field(description="integer format of every tensor, by node")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.schedule.check_steps(self.steps)
        shapes = self.graph.shapes(self.image_shape)
        for name, found in shapes.items():
            if math.prod(found) > MAX_ELEMENTS:
                raise ValueError(
                    f"image_shape = {self.image_shape}: tensor '{name}' would have "
                    f"{' x '.join(map(str, found))} elements; at most {MAX_ELEMENTS:,} are possible"
                )
        shape = shapes[self.graph.nodes[-1].name]
        if shape[:2] != self.image_shape[:2] or shape[2] < self.image_shape[2]:
            raise ValueError(f"graph: the output is {shape}, the image {self.image_shape}")
        bits = tensor_bits(self.graph)
        for name in tensors_with_formats(self.graph):
            if name not in self.formats:
                raise ValueError(f"formats: tensor '{name}' has none; calibrate the model")
            if self.formats[name].bits != bits[name]:
                raise ValueError(
                    f"formats: tensor '{name}' has {self.formats[name].bits} bits, "
                    f"the nodes that read it need {bits[name]}"
                )
        for node in self.graph.nodes:
            if node.name not in self.graph.dynamic:
                continue
            for name in node.inputs:
                if reads_operands(node) and bits[name] == WIDE:
                    raise ValueError(
                        f"graph: node '{node.name}' reads '{name}', which has 16 bits; "
                        "put a quantize node between"
                    )
            if isinstance(node, AttentionMatmul):
                for name in node.inputs:
                    if self.formats[name].zero_point:
                        raise ValueError(
                            f"formats: tensor '{name}' needs zero_point = 0: attention reads it"
                        )
            if (
                isinstance(node, Upsample | Unpatchify)
                and self.formats[node.name] != self.formats[node.inputs[0]]
            ):
                raise ValueError(f"formats: {node.op} '{node.name}' changes the format")
        return self


@dataclass(frozen=True)
class Workload:
    """A loaded workload."""

    name: str
    description: WorkloadDescription
    weights: dict[str, np.ndarray]
    """float32, by ``node.parameter``"""

    @cached_property
    def integer(self) -> IntegerGraph:
        """The integer operations of all nodes."""
        d = self.description
        try:
            return IntegerGraph.lowered(d.graph, d.formats, self.weights, d.image_shape)
        except ValueError as error:
            raise DittosimError(f"workload '{self.name}': {error}; calibrate it anew") from error

    @cached_property
    def digest(self) -> str:
        """Of all that its activations depend on: the description and the weights."""
        found = hashlib.sha256(self.description.model_dump_json().encode())
        for name, tensor in sorted(self.weights.items()):
            found.update(name.encode())
            found.update(np.ascontiguousarray(tensor).data)
        return found.hexdigest()[:12]

    def layers(self) -> dict[str, NodeLayer]:
        """The matrix products by name, in execution order."""
        return self.integer.layers()

    def steps(self, wanted: int | None = None) -> int:
        """The number of denoising steps: ``wanted``, or the workload's own.

        DittosimError if there are more than diffusion times.
        """
        if wanted is None:
            return self.description.steps
        try:
            self.description.schedule.check_steps(wanted)
        except ValueError as error:
            raise DittosimError(f"workload '{self.name}': {error}") from error
        return wanted

    def noise(self, count: int, seed: int) -> np.ndarray:
        """Starting noise of ``count`` images, float32 (count, height, width, channels)."""
        (noise,) = self.noise_batches(count, seed, count)
        return noise

    def noise_batches(self, count: int, seed: int, batch: int) -> Iterator[np.ndarray]:
        """The same noise, for at most ``batch`` images at a time."""
        rng = np.random.default_rng(seed)
        for first in range(0, count, batch):
            shape = (min(batch, count - first), *self.description.image_shape)
            yield rng.standard_normal(shape).astype(np.float32)

    def labels(self, count: int) -> np.ndarray | None:
        """Classes for ``count`` images, one after the other, int64; None if there are none."""
        classes = self.description.graph.classes
        return np.arange(count) % classes if classes else None

    def sample(
        self,
        flow: Flow | Mode,
        noise: np.ndarray,
        steps: int | None = None,
        observer: Observer | None = None,
        *,
        labels: np.ndarray | None = None,
        sampler: Sampler = Sampler.DDIM,
        seed: int | ImageSeed = 0,
        last_step: int | None = None,
    ) -> np.ndarray:
        """Images of the integer model, float32 like ``noise``.

        ``flow`` is the mode of all layers, or chooses it for each. ``observer`` sees each layer at
        each step. ``labels`` int (count,) are the classes asked for, one after the other if None.
        ``seed`` is that of the noise added by a random sampler. After ``last_step`` (from 0 on) of
        the ``steps`` the run is left, with the images that it has by then.
        """
        chosen: Flow = (lambda _: flow) if isinstance(flow, Mode) else flow
        labels = self.labels(len(noise)) if labels is None else labels
        denoiser = Denoiser(self.integer, self.weights, chosen, labels, observer)
        if last_step is None:
            return self._sample(denoiser, noise, steps, sampler, seed)
        schedule = self.description.schedule
        images = images_by_step(sampler, denoiser, noise, schedule, self.steps(steps), seed)
        return next(islice(images, last_step, None))

    def sample_float(
        self,
        noise: np.ndarray,
        steps: int | None = None,
        *,
        labels: np.ndarray | None = None,
        sampler: Sampler = Sampler.DDIM,
        seed: int | ImageSeed = 0,
    ) -> np.ndarray:
        """Images of the float32 model that the integer one approximates."""
        graph = self.description.graph
        labels = self.labels(len(noise)) if labels is None else labels

        def denoise(image: np.ndarray, time: int) -> np.ndarray:
            return run_graph(graph, self.weights, image, time, labels)

        return self._sample(denoise, noise, steps, sampler, seed)

    def _sample(
        self,
        denoise: Denoise,
        noise: np.ndarray,
        steps: int | None,
        sampler: Sampler,
        seed: int | ImageSeed,
    ) -> np.ndarray:
        schedule = self.description.schedule
        return sample(sampler, denoise, noise, schedule, self.steps(steps), seed)


def shipped_workloads() -> dict[str, Path]:
    """Folders of the workloads that come with dittosim, by name."""
    folders = sorted(path.parent for path in _shipped().glob(f"*/{DESCRIPTION_FILE}"))
    return {folder.name.replace("_", "-"): folder for folder in folders}


def shipped_folder(name: str) -> Path:
    """Where the shipped workload ``name`` is, or is to be written."""
    return _shipped() / name.replace("-", "_")


def _shipped() -> Path:
    return Path(str(resources.files("golden.workload.shipped")))


def load_workload(name_or_path: str) -> Workload:
    """The shipped workload of that name, or the one in that folder.

    Raises DittosimError if there is none, or naming the file and what is wrong in it.
    """
    shipped = shipped_workloads()
    folder = shipped.get(name_or_path, Path(name_or_path))
    kind = kind_of(folder)
    if kind not in (None, Kind.WORKLOAD):
        raise DittosimError(f"{folder} is {kind.value}, no workload: {kind.use}")
    if not folder.is_dir():
        raise DittosimError(
            f"no workload '{name_or_path}': choose one of {', '.join(shipped)}, "
            f"or give a folder that holds {DESCRIPTION_FILE} and {WEIGHTS_FILE}"
        )
    if not any(os.path.lexists(folder / name) for name in (DESCRIPTION_FILE, WEIGHTS_FILE)):
        raise DittosimError(
            f"{folder} is no workload, which has {DESCRIPTION_FILE} and {WEIGHTS_FILE}: "
            f"{contents(folder)}; choose one of {', '.join(shipped)}, or another folder"
        )
    description = read_description(folder / DESCRIPTION_FILE, WorkloadDescription)
    name = name_or_path if name_or_path in shipped else folder.resolve().name
    return Workload(name, description, _load_weights(folder / WEIGHTS_FILE, description.graph))


def _load_weights(path: Path, graph: Graph) -> dict[str, np.ndarray]:
    check_regular(path, "weights", "restore the file")
    try:
        weights = safetensors.numpy.load_file(path)
    except OSError as error:
        raise DittosimError(f"cannot read weights {path}: {error}") from error
    except safetensors.SafetensorError as error:
        raise DittosimError(
            f"cannot read weights {path}: {error}; the file may be cut short, restore it"
        ) from error
    except (TypeError, AttributeError) as error:
        # What safetensors raises for a type that NumPy lacks, such as bfloat16.
        raise DittosimError(
            f"cannot read weights {path}: {error}; store every tensor as float32"
        ) from error
    for name, shape in graph.parameter_shapes().items():
        if name not in weights:
            raise DittosimError(f"{path}: tensor '{name}' is missing")
        found = weights[name]
        if found.shape != shape or found.dtype != np.float32:
            raise DittosimError(
                f"{path}: tensor '{name}' is {found.dtype} {found.shape}, "
                f"but the graph needs float32 {shape}"
            )
        if not np.isfinite(found).all():
            raise DittosimError(f"{path}: tensor '{name}' holds values that are not finite")
    return weights


def save_workload(
    folder: Path, description: WorkloadDescription, weights: dict[str, np.ndarray]
) -> None:
    """Writes the two files of a workload into ``folder``; DittosimError names one that fails."""
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / DESCRIPTION_FILE, description.model_dump_json(indent=1) + "\n")
    save_tensors(folder / WEIGHTS_FILE, dict(sorted(weights.items())))
