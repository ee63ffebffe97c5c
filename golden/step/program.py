"""A program that computes a denoising step, and what the host has to do with its memory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from golden.accelerator.choice import ChoiceDescriptor
from golden.accelerator.descriptor import Descriptor
from golden.difference.matmul import Mode
from golden.machine.config import MachineConfig
from golden.network.graph import IMAGE
from golden.step.drafts import ProductOf
from golden.step.tensors import TensorLayout
from golden.vector.descriptor import VectorDescriptor


class Choosing(Enum):
    """Flows whose modes the machine chooses, layer by layer (:mod:`golden.flow.defo`)."""

    DEFO = "defo"
    DEFO_PLUS = "defo+"

    @property
    def otherwise(self) -> Mode:
        """The mode of layers for which temporal differences lose."""
        return Mode.ACT if self is Choosing.DEFO else Mode.SPATIAL

    @property
    def modes(self) -> tuple[Mode, ...]:
        """All that a layer may run in."""
        return (Mode.ACT, Mode.TEMPORAL, *((Mode.SPATIAL,) if self is Choosing.DEFO_PLUS else ()))

    def host_value(self, step: int) -> int:
        """What the host writes to the register DEFO before a step; they count from 0."""
        return min(step, CHOOSES) | (int(self is Choosing.DEFO_PLUS) << PLUS_BIT)


class Mixed(Enum):
    """Flows in which kinds of layers have different modes, always the same."""

    RAW_ATTENTION = "raw-attention"
    """Attention on original activations, all else on temporal differences"""


ProgramFlow = Mode | Mixed | Choosing
"""The mode of all products, or how it depends on the layer"""

CHOOSES, PLUS_BIT = 2, 2
"""Register DEFO: bits 0 and 1 hold the number of the step, at most 2; bit 2 says Defo+."""


@dataclass(frozen=True)
class Entry:
    """A descriptor of a queue."""

    name: str
    node: str
    """Of the graph"""
    descriptor: Descriptor | VectorDescriptor | ChoiceDescriptor
    product: ProductOf | None
    """None of vector layers and choices"""
    address: int
    """Of the descriptor"""
    variants: Mapping[Mode, tuple["Entry", ...]] = field(default_factory=dict)
    """Of a choice"""

    @property
    def kind(self) -> str:
        """``product``, ``vector`` or ``choose``."""
        if self.product:
            return "product"
        return "choose" if self.variants else "vector"


@dataclass(frozen=True)
class Queue:
    """Descriptors that compute a step."""

    base: int
    """Address of the first"""
    entries: tuple[Entry, ...]
    addresses: Mapping[str, int]
    """Of the tensors that the host writes, and of the output"""

    @property
    def count(self) -> int:
        """Descriptors, those of variants not counted."""
        return len(self.entries)

    def every(self) -> Iterator[Entry]:
        """All entries, with the variants of a choice one after the other behind it."""
        for entry in self.entries:
            yield entry
            for variant in entry.variants.values():
                yield from variant


@dataclass(frozen=True)
class StepProgram:
    """Descriptors, weights and tables of all steps in one memory image."""

    config: MachineConfig
    flow: ProgramFlow
    memory: np.ndarray
    """uint8 (size,), what all addresses hold before the first step; those of a scratchpad as
    ``loading`` leaves them"""
    constant_bytes: int
    """Descriptors, weights, tables: those of memory up to this address; what lies behind them
    before the first step does not matter"""
    queues: Mapping[str, Queue]
    """``step``; or ``odd`` and ``even``, and ``first`` if they need a step before"""
    inputs: Mapping[str, TensorLayout]
    """What the host writes before a step: the image, and what depends on time and class alone"""
    output: TensorLayout
    output_name: str
    loading: Queue | None = None
    """Copies constants to the scratchpad, once before the first step"""

    @property
    def size(self) -> int:
        """Behind the last address that it needs."""
        return len(self.memory)

    @property
    def memory_base(self) -> int:
        """The first address of memory: those before it are the scratchpad's."""
        return self.config.scratchpad_bytes

    @property
    def bytes_written_per_step(self) -> int:
        """By the host."""
        return sum(layout.size for layout in self.inputs.values())

    def queue_of(self, step: int) -> str:
        """The name of the queue that computes a step; they count from 0."""
        if "step" in self.queues:
            return "step"
        if step == 0 and "first" in self.queues:
            return "first"
        return "odd" if step % 2 else "even"

    def host_inputs(
        self, queue: str, image: np.ndarray, static: Mapping[str, np.ndarray]
    ) -> list[tuple[int, bytes]]:
        """Addresses and bytes to write before a step that ``queue`` computes.

        ``image`` float32 (1, height, width, channels); ``static`` float64 tensors by name, as
        :func:`golden.floating.execution.run_static` gives them.
        """
        tensors = {IMAGE: image, **static}
        addresses = self.queues[queue].addresses
        return [
            (addresses[name], layout.pack(layout.format.quantize(tensors[name])))
            for name, layout in self.inputs.items()
        ]

    def read_output(self, memory: np.ndarray, queue: str) -> np.ndarray:
        """The predicted noise that ``queue`` left, float32 (1, height, width, channels)."""
        address = self.queues[queue].addresses[self.output_name]
        return self.output_of(memory[address : address + self.output.size])

    def output_of(self, data: np.ndarray) -> np.ndarray:
        """The predicted noise in the bytes of the output tensor, uint8."""
        integers = self.output.unpack(data)
        return self.output.format.dequantize(integers[np.newaxis]).astype(np.float32)
