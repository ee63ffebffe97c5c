"""Random vector layers in a memory of random bytes, drawn by strata."""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.integer.softmax import POWERS
from golden.machine.config import MachineConfig
from golden.machine.timing import LOADS_UNDER_WAY, VECTOR_SWEEP_LATENCY, reduction_latency
from golden.vector.descriptor import TABLE_BYTES, Op, Parameters, Size, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.vector.run import MixedQueue, VectorRun
from tb.harness.coverage import Coverage

ALIGNMENT = 256
MANY_PIXELS = LOADS_UNDER_WAY
"""Of a block: two blocks may be loaded at once"""
STRATA: dict[str, tuple[str, ...]] = {
    "op": tuple(op.name.lower() for op in Op),
    "elements": ("8 to 8", "8 to 16", "16 to 8", "16 to 16", "32 to 8", "32 to 16", "32 to 32"),
    "scale": ("uniform", "per channel"),
    "table": ("none", "8 bits", "16 bits"),
    "b": ("8 bits", "16 bits", "8 bits, vector", "16 bits, vector"),
    "blocks": ("one", "several", "several, tail"),
    "groups": ("one", "several", "channels in several", "channels in more than lanes"),
    "pixels of a sum": ("one", "several"),
    "rows of a sum": ("few", "more than their latency"),
    "stores": ("contiguous", "strided"),
    "loads": ("contiguous", "strided"),
    "padding": ("none", "some"),
    "variance": ("small", "any"),
    "gather": ("lines", "columns", "squares"),
}
"""What is drawn of a layer, and what of it only some operations have"""
SMALL_BITS = 17
"""Of a small variance, as those are of elements that differ by 1 or 2 at most"""


@dataclass
class VectorQueue:
    """Vector layers, the memory before them, and what golden leaves there."""

    queue: MixedQueue
    before: np.ndarray
    after: np.ndarray


def most_rows(config: MachineConfig) -> int:
    """Rows of elements of the largest pixels that are drawn."""
    lanes = config.vector_lanes
    wide = 4 * lanes // config.bus_bytes
    return min(config.vector_channels // lanes, max(64 // wide, 24), config.vector_words // wide)


def vector_strata(config: MachineConfig) -> dict[str, tuple[str, ...]]:
    """Those of :data:`STRATA` that layers of a machine can have."""
    found = dict(STRATA)
    unit = config.bus_bytes // config.vector_lanes
    longest = unit * max(1, most_rows(config) // unit)
    if longest <= VECTOR_SWEEP_LATENCY + reduction_latency(config.vector_lanes):
        found["rows of a sum"] = ("few",)
    wide = 4 * config.vector_lanes // config.bus_bytes
    if config.vector_words // wide < config.vector_lanes * unit:
        # The buffer does not hold as many pixels as there are lanes.
        found["gather"] = ("lines", "columns")
    return found


class VectorDraw:
    """Draws layers into one memory, one after the other."""

    def __init__(self, config: MachineConfig, rng: np.random.Generator, size: int) -> None:
        self.config, self.rng = config, rng
        self.memory = rng.integers(0, 256, size, np.uint8)
        self.end = 0

    def place(self, size: int) -> int:
        """Room that nothing else has."""
        address = self.end
        self.end += -(-size // ALIGNMENT) * ALIGNMENT
        assert self.end <= len(self.memory), "the memory of the bench is too small"
        return address

    def put(self, data: np.ndarray) -> int:
        """Such room with ``data`` in it."""
        raw = np.ascontiguousarray(data).view(np.uint8).reshape(-1)
        address = self.place(len(raw))
        self.memory[address : address + len(raw)] = raw
        return address

    def chance(self, share: float = 0.5) -> bool:
        """True in so many of all cases."""
        return bool(self.rng.random() < share)

    def integer(self, low: int, high: int) -> int:
        """From ``low`` to ``high``, both included."""
        return int(self.rng.integers(low, high + 1))

    def layer(
        self, op: Op, a_size: Size, o_size: Size, coverage: Coverage, gather: str = ""
    ) -> VectorRun:
        """A layer, its operands and a place for its output; ``gather`` says in which order."""
        config, rng = self.config, self.rng
        lanes, bus = config.vector_lanes, config.bus_bytes
        # Rows of a pixel whose elements are whole bus words; bus words of a row of int32.
        unit, wide = bus // lanes, 4 * lanes // bus
        if op is Op.GROUPS:
            unit = max(1, unit // min(Size(a_size).bytes, Size(o_size).bytes))
        held = config.vector_words // wide
        most = most_rows(config)
        rows = unit * self.integer(1, max(1, most // unit // 4))
        if op in (Op.GROUPS, Op.PIXELS, Op.SOFTMAX) and self.chance():
            # Enough for more groups of channels than lanes, and for sums that are done while the
            # next ones are still read.
            rows = unit * max(1, most // unit)
        if op is Op.GROUPS and a_size == o_size == Size.BITS_16:
            # The same row of channels again and again, where it is whole bus words.
            rows = unit
        channels = rows * lanes
        size_a, size_o = Size(a_size).bytes, Size(o_size).bytes
        blocks = self.integer(1, 3)
        pixels = self.integer(1, min(4, held // rows))
        if op is Op.SCALE and self.chance():
            # More transfers, where they are strided, than reads may be under way.
            pixels = min(MANY_PIXELS, held // rows)
        if op in (Op.PIXELS, Op.SOFTMAX):
            pixels = int(self.rng.choice([1, min(2, lanes), lanes]))
            pixels = min(pixels, held // rows)
            coverage.see("pixels of a sum", "one" if pixels == 1 else "several")
            long = rows > VECTOR_SWEEP_LATENCY + reduction_latency(lanes)
            coverage.see("rows of a sum", "more than their latency" if long else "few")
        if gather == "squares":
            rows = min(rows, unit * max(1, held // lanes // unit))
            channels = rows * lanes
            pixels = lanes * self.integer(1, min(2, held // rows // lanes))
        tail = self.integer(1, pixels) if blocks > 1 else pixels
        if gather == "squares":
            tail = lanes * self.integer(1, pixels // lanes) if blocks > 1 else pixels
        groups = 1 if op is Op.GROUPS else self.integer(1, 2)
        every = (blocks - 1) * pixels + tail
        see = coverage.see
        see("op", op.name.lower())
        see("elements", f"{8 * size_a} to {8 * size_o}")
        see("blocks", "one" if blocks == 1 else "several" if tail == pixels else "several, tail")
        if groups > 1:
            see("groups", "several")
        fields: dict[str, int] = {}

        def stream(name: str, element: int, lines: int, tail_lines: int, strided: bool) -> int:
            """Of a or the output; returns its size with all groups."""
            run = channels * element
            pitch = run + (bus * self.integer(0, 2) if strided else 0)
            group = pitch * every
            see({"a": "loads", "o": "stores"}[name], "strided" if strided else "contiguous")
            fields.update(
                {
                    f"{name}_group": group,
                    f"{name}_block": pitch * pixels,
                    f"{name}_stride": pitch,
                    f"{name}_count": lines if strided else 1,
                    f"{name}_tail_count": tail_lines if strided else 1,
                    f"{name}_words": run * (1 if strided else lines) // bus,
                    f"{name}_tail_words": run * (1 if strided else tail_lines) // bus,
                }
            )
            return group * groups

        a_bytes = stream("a", size_a, pixels, tail, self.chance())
        fields["a_address"] = self.place(a_bytes)
        fields["o_address"] = self.place(stream("o", size_o, pixels, tail, self.chance()))
        fields |= {"op": op, "a_size": a_size, "o_size": o_size, "groups": groups}
        fields |= {"blocks": blocks, "pixels": pixels, "tail_pixels": tail, "rows": rows}
        fields["a_zero"] = self.integer(-5, 5)
        fields["zero"] = self.integer(-20, 20)
        fields["first_multiplier"] = self.integer(1, 65535)
        # Most results are to lie within the output's bits, some beyond.
        bits = 8 * (size_a - size_o)
        fields["first_shift"] = min(49, max(1, 15 + bits + self.integer(-2, 3)))
        channel_groups = 1
        if op is Op.SCALE:
            per_channel = self.chance()
            see("scale", "per channel" if per_channel else "uniform")
            if per_channel:
                fields["per_channel"] = 1
                shift = fields["first_shift"]
                self._parameters(fields, groups, channels, shift, 8 * size_a)
        if op in (Op.SUM, Op.PRODUCT):
            self._b(fields, pixels, tail, blocks, see)
        if op is Op.PRODUCT:
            fields["first_shift"] += 12 if a_size is Size.BITS_16 else 6
        if op is Op.PIXELS:
            padding = self.chance() and channels > 4
            see("padding", "some" if padding else "none")
            fields["count"] = channels
            self._variance(fields, a_bytes, size_a, see)
            self._parameters(fields, groups, channels, 22, 16, normalizes=True)
        if op is Op.GROUPS:
            channel_groups = self.integer(1, min(4, channels))
            if self.chance():
                channel_groups = min(channels, lanes * self.integer(1, 2) + self.integer(1, lanes))
            while channels % channel_groups:
                channel_groups -= 1
            if channel_groups > lanes:
                see("groups", "channels in more than lanes")
            elif channel_groups > 1:
                see("groups", "channels in several")
            fields |= {"count": every * channels // channel_groups}
            self._variance(fields, a_bytes, size_a, see)
            self._parameters(
                fields, 1, channels, 22, 16, normalizes=True, channel_groups=channel_groups
            )
        if op is Op.SOFTMAX:
            valid = channels if self.chance() else self.integer(1, channels)
            see("padding", "none" if valid == channels else "some")
            fields |= {"valid": valid, "t_address": self.put(POWERS.astype("<u2"))}
            fields["first_shift"] = 12 + 8 * (size_a - 1) + self.integer(-2, 2)
            fields["second_multiplier"] = self.integer(32768, 65535)
            fields["second_shift"] = 24 + 16 - 8 * size_o + self.integer(0, 2)
        if op is Op.GATHER:
            fields["valid"] = channels if self.chance(0.3) else self.integer(0, channels)
            fields["tail_valid"] = self.integer(0, channels)
            see("padding", "none" if fields["valid"] == channels else "some")
            steps = {"lines": (channels, 1), "columns": (1, tail), "squares": (1, tail)}
            fields["outer_step"], fields["inner_step"] = steps[gather]
            see("gather", gather)
        elif op is not Op.SOFTMAX:
            table = size_a < 4 and self.chance(0.4)
            see("table", f"{8 * size_o} bits" if table else "none")
            if table:
                entries = rng.integers(-32768, 32768, TABLE_BYTES // 2).astype("<i2")
                fields |= {"table": 1, "t_address": self.put(entries)}
        see("groups", "one") if groups == 1 and channel_groups == 1 else None
        return VectorRun(VectorDescriptor(**fields), config, channel_groups)

    def _variance(self, fields: dict[str, int], a_bytes: int, element: int, see) -> None:
        """A small one, of elements that are nearly equal, or that of any elements."""
        fields["epsilon"] = self.integer(1, 1 << 40)
        # From a generator of its own, so that what else is drawn does not depend on it.
        rng = np.random.default_rng(fields["epsilon"])
        small = bool(rng.integers(2))
        see("variance", "small" if small else "any")
        if not small:
            return
        fields["epsilon"] = int(rng.integers(1, (1 << rng.integers(SMALL_BITS)) + 1))
        values = np.full(a_bytes // element, rng.integers(-100, 101), f"<i{element}")
        # N times the sum of squares is a bound.
        if fields["count"] ** 2 < 1 << SMALL_BITS:
            values += rng.integers(-1, 2, values.shape, values.dtype)
        else:
            values[rng.integers(0, len(values), 3)] += 1
        data = values.view(np.uint8)
        first = fields["a_address"]
        self.memory[first : first + len(data)] = data

    def _parameters(
        self,
        fields: dict[str, int],
        groups: int,
        channels: int,
        shift: int,
        bits: int,
        *,
        normalizes: bool = False,
        channel_groups: int = 1,
    ) -> None:
        """Of all groups of blocks."""
        words = [
            Parameters(
                bias=self.integer(-(1 << min(bits, 31)), (1 << min(bits, 31)) - 1),
                multiplier=self.integer(-65535, 65535),
                shift=min(max(shift + self.integer(-2, 2), 8 if normalizes else 1), 49),
                group=(channel * channel_groups // channels) + 300 if normalizes else 0,
            ).word()
            for _ in range(groups)
            for channel in range(channels)
        ]
        if normalizes:
            # One shift for all channels.
            words = [(word & ~(0x3F << 49)) | shift << 49 for word in words]
        size = 8 * channels
        fields |= {
            "p_address": self.put(np.array(words, "<u8")),
            "p_group": size,
            "p_words": size // self.config.bus_bytes,
        }

    def _b(self, fields: dict[str, int], pixels: int, tail: int, blocks: int, see) -> None:
        size = Size.BITS_16 if self.chance() else Size.BITS_8
        vector = self.chance()
        see("b", f"{8 * size.bytes} bits" + (", vector" if vector else ""))
        run = fields["rows"] * self.config.vector_lanes * size.bytes
        words = run // self.config.bus_bytes
        fields |= {
            "b_size": size,
            "b_vector": int(vector),
            "b_words": words * (1 if vector else pixels),
            "b_tail_words": words * (1 if vector else tail),
            "b_block": 0 if vector else run * pixels,
            "b_address": self.place(run * (1 if vector else pixels * blocks)),
            "b_zero": self.integer(-100, 100) if size is Size.BITS_8 else 0,
            "second_multiplier": self.integer(-65535, 65535),
        }


SIZES = {
    Op.SCALE: tuple(product(Size, (Size.BITS_8, Size.BITS_16))),
    Op.SUM: tuple(product((Size.BITS_8, Size.BITS_16), repeat=2)),
    Op.PRODUCT: tuple(product((Size.BITS_8, Size.BITS_16), repeat=2)),
    Op.GROUPS: tuple(product((Size.BITS_8, Size.BITS_16), repeat=2)),
    Op.PIXELS: tuple(product((Size.BITS_8, Size.BITS_16), repeat=2)),
    Op.SOFTMAX: tuple(product((Size.BITS_8, Size.BITS_16), repeat=2)),
    Op.GATHER: tuple((size, size) for size in Size),
}
"""Of a and the output, by operation"""


def random_vector_queue(
    config: MachineConfig,
    rng: np.random.Generator,
    size: int,
    coverage: Coverage,
    repeats: int = 1,
) -> VectorQueue:
    """Every operation with all its sizes of elements, ``repeats`` times, in random order."""
    cases = [
        (op, a, o, gather)
        for op, sizes in SIZES.items()
        for a, o in sizes
        for gather in (vector_strata(config)["gather"] if op is Op.GATHER else ("",))
    ] * repeats
    draw = VectorDraw(config, rng, size)
    queue = draw.place(DESCRIPTOR_BYTES * len(cases))
    runs = []
    for number in rng.permutation(len(cases)).tolist():
        op, a, o, gather = cases[number]
        run = draw.layer(op, a, o, coverage, gather)
        runs.append(replace(run, layer=replace(run.layer, interrupt=int(draw.chance()))))
    packed = b"".join(run.layer.pack() for run in runs)
    draw.memory[queue : queue + len(packed)] = np.frombuffer(packed, np.uint8)
    memory = draw.memory[: draw.end]
    after = memory.copy()
    for run in runs:
        run_vector_layer(after, run.layer, config)
    places = (None,) * len(runs)
    return VectorQueue(MixedQueue(tuple(runs), places, queue, config), memory, after)
