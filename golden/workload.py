"""A workload: a trained model with its graph, schedule and calibration, as a folder on disk.

``workload.json`` describes it (:class:`WorkloadDescription`), ``weights.safetensors`` holds the
float32 weights by ``node.parameter``.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Self

import numpy as np
import safetensors
import safetensors.numpy
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, model_validator

from golden.config import describe
from golden.denoiser import Denoiser, Observer
from golden.diffusion import Schedule, ddim
from golden.errors import DittosimError
from golden.graph import Graph
from golden.layer import Layer
from golden.matmul import Mode
from golden.quantization import ActivationFormat

DESCRIPTION_FILE = "workload.json"
WEIGHTS_FILE = "weights.safetensors"


class WorkloadDescription(BaseModel):
    """What ``workload.json`` holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    summary: str = Field(description="one line on the model and what it was trained on")
    image_shape: tuple[PositiveInt, PositiveInt, PositiveInt] = Field(
        description="height, width, channels"
    )
    steps: int = Field(gt=0, description="usual number of denoising steps")
    schedule: Schedule
    graph: Graph
    input_formats: dict[str, ActivationFormat] = Field(
        description="format of every matrix product's input, by node"
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.graph.check_channels(self.image_shape[-1])
        for node in self.graph.matmuls():
            if node.name not in self.input_formats:
                raise ValueError(f"input_formats: node '{node.name}' has none; calibrate the model")
        return self


@dataclass(frozen=True)
class Workload:
    """A loaded workload."""

    name: str
    description: WorkloadDescription
    weights: dict[str, np.ndarray]
    """float32, by ``node.parameter``"""

    def layers(self) -> dict[str, Layer]:
        """The quantized layers by name, in execution order."""
        description = self.description
        return {
            node.name: Layer.quantized(node, self.weights, description.input_formats[node.name])
            for node in description.graph.matmuls()
        }

    def noise(self, count: int, seed: int) -> np.ndarray:
        """Starting noise of ``count`` images, float32 (count, height, width, channels)."""
        shape = (count, *self.description.image_shape)
        return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)

    def sample(
        self,
        mode: Mode,
        noise: np.ndarray,
        steps: int | None = None,
        observer: Observer | None = None,
    ) -> np.ndarray:
        """Images of the quantized model, float32 like ``noise``, every layer run in ``mode``.

        ``observer`` sees each layer at each step.
        """
        description = self.description
        denoiser = Denoiser(description.graph, self.weights, self.layers(), mode, observer)
        return ddim(denoiser, noise, description.schedule, steps or description.steps)


def shipped_workloads() -> dict[str, Path]:
    """Folders of the workloads that come with dittosim, by name."""
    root = Path(str(resources.files("golden.workloads")))
    folders = sorted(path.parent for path in root.glob(f"*/{DESCRIPTION_FILE}"))
    return {folder.name.replace("_", "-"): folder for folder in folders}


def load_workload(name_or_path: str) -> Workload:
    """The shipped workload of that name, or the one in that folder.

    Raises DittosimError if there is none, or naming the file and what is wrong in it.
    """
    shipped = shipped_workloads()
    folder = shipped.get(name_or_path, Path(name_or_path))
    if not folder.is_dir():
        raise DittosimError(
            f"no workload '{name_or_path}': choose one of {', '.join(shipped)}, "
            f"or give a folder that holds {DESCRIPTION_FILE} and {WEIGHTS_FILE}"
        )
    path = folder / DESCRIPTION_FILE
    try:
        description = WorkloadDescription.model_validate_json(path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        raise DittosimError(f"cannot read {path}: {error}") from error
    except ValidationError as error:
        raise DittosimError(f"{path}: {describe(error, WorkloadDescription)}") from error
    name = name_or_path if name_or_path in shipped else folder.resolve().name
    return Workload(name, description, _load_weights(folder / WEIGHTS_FILE, description.graph))


def _load_weights(path: Path, graph: Graph) -> dict[str, np.ndarray]:
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
    """Writes the two files of a workload into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = description.model_dump_json(indent=1)
    (folder / DESCRIPTION_FILE).write_text(text + "\n")
    safetensors.numpy.save_file(dict(sorted(weights.items())), folder / WEIGHTS_FILE)
