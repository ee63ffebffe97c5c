"""Vector layers, products and choices in one queue, with what their cycles depend on."""

from dataclasses import dataclass

from golden.accelerator.assemble import Addresses
from golden.accelerator.program import LayerRun
from golden.machine.config import MachineConfig
from golden.vector.descriptor import VectorDescriptor


@dataclass(frozen=True)
class VectorRun:
    """A descriptor, and how many groups of channels a normalization of GROUPS finds."""

    layer: VectorDescriptor
    config: MachineConfig
    channel_groups: int = 1
    """Runs of channels with the same group in their parameters"""


@dataclass(frozen=True)
class ChoiceRun:
    """A choice; behind it come the descriptors of the variant that runs."""

    count: int
    """How many they are"""
    measured: bool
    """It is taken, and its variant left, when nothing is under way"""


@dataclass(frozen=True)
class MixedQueue:
    """Products, vector layers and choices of one machine, in a memory that others fill.

    In the order in which they run.
    """

    runs: tuple[LayerRun | VectorRun | ChoiceRun, ...]
    addresses: tuple[Addresses | None, ...]
    """Of products"""
    queue: int
    """Address of the first descriptor"""
    config: MachineConfig
    fetched: tuple[int, ...] | None = None
    """Addresses of all descriptors, if they do not follow each other"""
