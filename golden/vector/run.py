"""A vector layer in a queue, with what its cycles depend on."""

from dataclasses import dataclass

from golden.machine.config import MachineConfig
from golden.vector.descriptor import VectorDescriptor


@dataclass(frozen=True)
class VectorRun:
    """A descriptor, and how many groups of channels a normalization of GROUPS finds."""

    layer: VectorDescriptor
    config: MachineConfig
    channel_groups: int = 1
    """Runs of channels with the same group in their parameters"""

    @property
    def interrupt(self) -> bool:
        """The interrupt is raised when the layer is in memory."""
        return bool(self.layer.interrupt)
