"""Memories for vector layers: tensors laid out, fields of descriptors, what must be left there."""

from dataclasses import dataclass

import numpy as np

from golden.formats.quantization import TensorFormat
from golden.machine.config import MachineConfig
from golden.vector.descriptor import Op, Parameters, VectorDescriptor
from golden.vector.layer import run_vector_layer

CHANNELS = 64
"""Physical channels of a pixel: whole words of every bus"""
PER_BLOCK = 3
"""Pixels of a block, unless a test says otherwise"""


def machine(bus: int) -> MachineConfig:
    """With at least as many lanes as a block has pixels."""
    bits = 16 if bus > 4 else 8
    return MachineConfig(
        bus_bytes=bus, vector_bits=bits, vector_words=4096 // bus, vector_channels=128
    )


@dataclass(frozen=True)
class Place:
    """Where a tensor (groups, pixels, channels) lies; a group is a part of every pixel if
    ``strided``, else groups lie one after the other."""

    bus: int
    address: int
    shape: tuple[int, ...]
    bytes: int
    strided: bool = False
    gap: int = 0
    """Bytes between two pixels, if strided"""

    @property
    def run(self) -> int:
        """Bytes of a group's pixel."""
        return self.shape[2] * self.bytes

    @property
    def pitch(self) -> int:
        return self.run * self.shape[0] + self.gap if self.strided else self.run

    @property
    def group(self) -> int:
        return self.run if self.strided else self.run * self.shape[1]

    def view(self, memory: np.ndarray) -> np.ndarray:
        """Its bytes (groups, pixels, bytes of a pixel), in place."""
        strides = (self.group, self.pitch, 1)
        shape = (*self.shape[:2], self.run)
        return np.lib.stride_tricks.as_strided(memory[self.address :], shape, strides)

    def put(self, memory: np.ndarray, tensor: np.ndarray) -> None:
        self.view(memory)[:] = np.ascontiguousarray(tensor).view(np.uint8)

    def fields(self, stream: str, block: int) -> dict[str, int]:
        """Of the descriptor, for blocks of ``block`` pixels."""
        tail = (self.shape[1] - 1) % block + 1
        words = self.run // self.bus
        found = {
            "address": self.address,
            "group": self.group,
            "block": self.pitch * block,
            "stride": self.pitch if self.strided else 0,
            "size": self.bytes.bit_length() - 1,
            "count": block if self.strided else 1,
            "tail_count": tail if self.strided else 1,
            "words": words if self.strided else words * block,
            "tail_words": words if self.strided else words * tail,
        }
        if stream == "b":
            assert not self.strided
            found = {k: v for k, v in found.items() if k not in ("group", "stride")}
            found = {k: v for k, v in found.items() if not k.endswith("count")}
        return {f"{stream}_{name}": value for name, value in found.items()}


class Bench:
    """A memory of random bytes, in which one thing after the other finds its place."""

    def __init__(self, bus: int, seed: int = 0) -> None:
        self.config = machine(bus)
        self.bus = bus
        self.rng = np.random.default_rng(seed)
        self.memory = self.rng.integers(0, 256, 1 << 16, np.uint8)
        self.end = 256

    def place(self, shape, dtype, strided=False, gap=0) -> Place:
        place = Place(self.bus, self.end, shape, np.dtype(dtype).itemsize, strided, gap)
        self.end += -(-(place.pitch * shape[1] * (1 if strided else shape[0])) // 256) * 256 + 256
        assert self.end <= len(self.memory)
        return place

    def put(self, tensor, strided=False, gap=0) -> Place:
        place = self.place(tensor.shape, tensor.dtype, strided, gap)
        place.put(self.memory, tensor)
        return place

    def parameters(self, *parts: list[Parameters]) -> dict[str, int]:
        """Of groups, one part each."""
        words = np.array([[[each.word() for each in part]] for part in parts], "<u8")
        place = self.put(words)
        return {
            "p_address": place.address,
            "p_group": place.group,
            "p_words": place.run // self.bus,
        }

    def table(self, entries: np.ndarray) -> dict[str, int]:
        return {"t_address": self.put(entries.astype("<i8").astype("<u2")[None, None]).address}

    def integers(self, form: TensorFormat, *shape: int) -> np.ndarray:
        return self.rng.integers(form.low, form.high + 1, shape).astype(form.dtype)

    def pixel(self, shape: tuple[int, ...], block: int = PER_BLOCK) -> dict[str, int]:
        """Fields of tensors of that shape."""
        groups, pixels, channels = shape
        return {
            "groups": groups,
            "blocks": -(-pixels // block),
            "pixels": block,
            "tail_pixels": (pixels - 1) % block + 1,
            "rows": channels // self.config.vector_lanes,
        }

    def run(self, layer: VectorDescriptor) -> None:
        run_vector_layer(self.memory, layer, self.config)

    def check(self, layer: VectorDescriptor, out: Place, wanted: np.ndarray) -> None:
        """Every byte of memory: the output, and none besides."""
        expected = self.memory.copy()
        out.put(expected, wanted)
        self.run(layer)
        assert (self.memory == expected).all()


def plain(op: Op = Op.SCALE, **changes: int) -> VectorDescriptor:
    """A layer that a bus of 16 bytes can run: two blocks of two pixels of 64 channels."""
    streams = {
        f"{stream}_{name}": value
        for stream in "ao"
        for name, value in {
            "size": 0,
            "block": 128,
            "count": 1,
            "tail_count": 1,
            "words": 8,
            "tail_words": 8,
        }.items()
    }
    values = {
        **streams,
        "a_address": 0,
        "o_address": 1024,
        "b_address": 2048,
        "p_address": 4096,
        "t_address": 8192,
        "b_block": 128,
        "b_words": 8 if op in (Op.SUM, Op.PRODUCT) else 0,
        "b_tail_words": 8 if op in (Op.SUM, Op.PRODUCT) else 0,
        "p_words": 32 if op in (Op.GROUPS, Op.PIXELS) else 0,
        "count": 256,
        "epsilon": 1,
        "blocks": 2,
        "pixels": 2,
        "tail_pixels": 2,
        "rows": 8,
        "valid": 64,
        "tail_valid": 64,
        "outer_step": 64,
        "inner_step": 1,
        "first_multiplier": 2,
        "second_multiplier": 2,
        "first_shift": 1,
        "second_shift": 1,
    }
    return VectorDescriptor(op=op, **{**values, **changes})
