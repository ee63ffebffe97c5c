"""Statistics of a sampling run: what every layer and step holds, and what it costs in each mode."""

from collections.abc import Callable
from dataclasses import dataclass, field

from golden.difference.bit_widths import BitWidths
from golden.difference.layer_step import LayerStep
from golden.difference.matmul import Mode
from golden.difference.operations import bit_operations, dense_bit_operations
from golden.difference.similarity import Similarity, spatial_similarity, temporal_similarity
from golden.machine.config import MachineConfig
from golden.workload.run import Run
from golden.workload.workload import Workload
from sim.run.layer import layer_cycles


@dataclass(frozen=True)
class ModeStatistics:
    """One layer at one step in one mode.

    In the first step, TEMPORAL has no previous step, and is what ACT is.
    """

    widths: BitWidths
    """Elements of all images; of both operations, where TEMPORAL takes two"""
    bit_operations: int
    """BOPs of all images"""
    dense_bit_operations: int
    """BOPs of all images on original activations of 8 bits, zeros included"""
    similarity: Similarity | None
    """Of values and what they are differenced against; None for ACT"""
    compute_cycles: float
    """Of an image on average, without moving bytes"""


@dataclass
class RunStatistics:
    """Observes a sampling run, and keeps numbers only: memory does not grow with the model."""

    config: MachineConfig
    images: int
    entries: dict[tuple[Mode, str, int], ModeStatistics] = field(default_factory=dict)
    """By mode, layer and step; layers in execution order"""

    def observe(self, layer_step: LayerStep) -> None:
        """Takes the statistics of one layer step in all modes; an observer of a sampling run."""
        for mode in Mode:
            key = mode, layer_step.layer.name, layer_step.step
            self.entries[key] = self._statistics(layer_step, mode)

    def _statistics(self, layer_step: LayerStep, mode: Mode) -> ModeStatistics:
        widths, operations = BitWidths(), 0
        for product in layer_step.products(mode):
            counted = BitWidths.of(product.differences(mode), self.config.encoding)
            widths += counted
            operations += bit_operations(counted, product.weights.shape[-1])
        first, second = layer_step.operands
        return ModeStatistics(
            widths,
            operations,
            dense_bit_operations(first.size, second.shape[-1]),
            self._similarity(layer_step, mode),
            layer_cycles(layer_step, mode, self.config).cycles / self.images,
        )

    def _similarity(self, layer_step: LayerStep, mode: Mode) -> Similarity | None:
        match mode:
            case Mode.TEMPORAL:
                return temporal_similarity(layer_step, self.images)
            case Mode.SPATIAL:
                return spatial_similarity(layer_step, self.images)
        return None


def run_statistics(
    workload: Workload,
    config: MachineConfig,
    *,
    steps: int | None = None,
    images: int = 1,
    seed: int = 0,
    progress: Callable[[LayerStep], None] = lambda _: None,
) -> RunStatistics:
    """Samples ``images`` images and takes the statistics of every layer and step on the way.

    ``config`` is the machine whose cycles are counted. ``progress`` is called after each layer
    step.
    """
    statistics = RunStatistics(config, images)

    def observe(layer_step: LayerStep) -> None:
        statistics.observe(layer_step)
        progress(layer_step)

    Run.of(workload, steps, images=images, seed=seed).observe(observe)
    return statistics
