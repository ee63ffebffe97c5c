"""Vector layers that put elements into the order in which the array takes them.

Second operands of attention become weights, sums and operands are transposed.
"""

from collections.abc import Iterator
from copy import copy
from itertools import groupby

from golden.accelerator.layout import weight_bytes
from golden.accelerator.plan import Plan
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.drafts import Place
from golden.step.vectors import IDENTITY, MAX_COUNT, Layer, Pixels, pixelwise
from golden.vector.descriptor import Op, Size, VectorDescriptor


class Heads:
    """int8 pixels whose channels hold heads one after the other."""

    def __init__(self, place: Place, pixels: int, heads: int, size: int, *, apart: bool) -> None:
        """``apart``: all pixels of a head, then those of the next; else head beside head."""
        self.place = place
        self.pixels = pixels
        self.heads = heads
        self.size = size
        """Channels of a head, in whole beats and bus words"""
        self.step = size if apart else heads * size
        """Bytes from one pixel to the next"""
        self.head = pixels * size if apart else size
        """Bytes from one head to the next"""

    @property
    def before(self) -> "Heads":
        """What the previous step left there."""
        found = copy(self)
        found.place = self.place.before
        return found


def gather(
    config: MachineConfig,
    a: Place,
    o: Place,
    *,
    size: Size = Size.BITS_8,
    loads: tuple[int, int],
    load_step: int,
    lines: int,
    line: int,
    valid: int,
    steps: tuple[int, int],
    stores: int | None = None,
    store_step: int = 0,
    groups: tuple[int, int, int] = (1, 0, 0),
    blocks: tuple[int, int, int] = (1, 0, 0),
    tail: tuple[int, int] | None = None,
) -> Layer:
    """A layer that gathers ``lines`` lines of ``line`` elements per block.

    ``loads``: transfers and bytes of each, ``load_step`` bytes apart. ``steps``: elements from
    line to line and from place to place. ``stores``: transfers of a block's output, one if None.
    ``groups`` and ``blocks``: how many, bytes of a and of the output from one to the next.
    ``tail``: transfers loaded and valid elements of the last block.
    """
    bus = config.bus_bytes
    count, load = loads
    a_tail, tail_valid = tail or (count, valid)
    if load_step == load:
        count, load, a_tail, tail_load = 1, count * load, 1, a_tail * load
    else:
        tail_load = load
    store = lines * line * size.bytes // (stores or 1)
    for words in (count * load // bus, (stores or 1) * store // bus):
        if words > config.vector_words or words > MAX_COUNT:
            raise DittosimError(
                f"a block of {words} bus words is more than vector_words = {config.vector_words}; "
                "use a machine with more"
            )
    descriptor = VectorDescriptor(
        op=Op.GATHER,
        a_size=size,
        o_size=size,
        a_address=0,
        o_address=0,
        a_group=groups[1],
        a_block=blocks[1],
        a_stride=load_step if count > 1 else 0,
        o_group=groups[2],
        o_block=blocks[2],
        o_stride=store_step if (stores or 1) > 1 else 0,
        a_count=count,
        a_tail_count=a_tail,
        a_words=load // bus,
        a_tail_words=tail_load // bus,
        o_count=stores or 1,
        o_tail_count=stores or 1,
        o_words=store // bus,
        o_tail_words=store // bus,
        groups=groups[0],
        blocks=blocks[0],
        pixels=lines,
        tail_pixels=lines,
        rows=line // config.vector_lanes,
        valid=valid,
        tail_valid=tail_valid,
        outer_step=steps[0],
        inner_step=steps[1],
    )
    return descriptor, {"a_address": a, "o_address": o}


def pack_transposed(source: Heads, plan: Plan, target: Place) -> Iterator[Layer]:
    """Weights of ``plan`` for every head: column c is pixel c, its k are channels."""
    config, columns = plan.config, plan.config.columns
    line = plan.units.weight_row_words * plan.units.bus_bytes
    room = config.vector_words * config.bus_bytes
    most = min(room // columns, room // line) // config.bus_bytes * config.bus_bytes
    if not most:
        raise DittosimError(
            f"{config.bus_bytes} channels of a tile's {columns} columns do not fit vector_words = "
            f"{config.vector_words}; "
            "use a machine with more"
        )
    for run in _tile_runs(plan, source.heads):
        left = min(source.pixels - run.tile * columns, run.tiles * columns)
        filled = max(0, -(-left // columns))
        for k0, k1 in _cuts(run.first_k, run.last_k, most):
            size = k1 - k0
            o = target.at(run.offset + (k0 - run.first_k) * line)
            if filled:
                yield gather(
                    config,
                    source.place.at(run.head * source.head + run.tile * columns * source.step + k0),
                    o,
                    loads=(min(columns, left), size),
                    load_step=source.step,
                    lines=size,
                    line=line,
                    valid=min(columns, left),
                    steps=(1, size),
                    groups=(run.heads, source.head, run.head_bytes),
                    blocks=(filled, columns * source.step, run.tile_bytes),
                    tail=(left - (filled - 1) * columns,) * 2,
                )
            if filled < run.tiles:
                yield gather(
                    config,
                    source.place,
                    o.at(filled * run.tile_bytes),
                    loads=(1, config.bus_bytes),
                    load_step=config.bus_bytes,
                    lines=size,
                    line=line,
                    valid=0,
                    steps=(0, 0),
                    groups=(run.heads, 0, run.head_bytes),
                    blocks=(run.tiles - filled, 0, run.tile_bytes),
                )


def pack_straight(source: Heads, plan: Plan, target: Place) -> Iterator[Layer]:
    """Weights of ``plan`` for every head: k is pixel k, its columns are channels.

    What lies behind the last pixel and the last channel is not written, and multiplies only zeros.
    """
    config, columns = plan.config, plan.config.columns
    bus = config.bus_bytes
    line = plan.units.weight_row_words * bus
    room = config.vector_words * bus
    for run in _tile_runs(plan, source.heads):
        last_k = min(run.last_k, source.pixels)
        if last_k <= run.first_k:
            continue
        a = source.place.at(run.head * source.head)
        groups = (run.heads, source.head, run.head_bytes)
        if columns % bus:
            for first in range(run.tile, run.tile + run.tiles, bus // columns):
                yield gather(
                    config,
                    a.at(run.first_k * source.step + first * columns),
                    target.at(run.offset + (first - run.tile) * run.tile_bytes),
                    loads=(1, bus),
                    load_step=bus,
                    lines=bus // columns,
                    line=line,
                    valid=columns,
                    steps=(columns, 1),
                    stores=bus // columns,
                    store_step=run.tile_bytes,
                    groups=groups,
                    blocks=(last_k - run.first_k, source.step, line),
                )
            continue
        whole = min(run.tiles, (plan.shape.columns - run.tile * columns) // columns)
        rest = plan.shape.columns - (run.tile + whole) * columns if whole < run.tiles else 0
        for first, tiles, width in ((0, whole, columns), (whole, 1, rest)):
            if not tiles or not width:
                continue
            if width == line:
                place = a.at(run.first_k * source.step + (run.tile + first) * columns)
                to = target.at(run.offset + first * run.tile_bytes)
                pixels = last_k - run.first_k
                yield from _copied(source, run, place, to, pixels, tiles, columns, config)
                continue
            for k0, k1 in _cuts(run.first_k, last_k, room // line):
                o = first * run.tile_bytes + (k0 - run.first_k) * line
                yield gather(
                    config,
                    a.at(k0 * source.step + (run.tile + first) * columns),
                    target.at(run.offset + o),
                    loads=(k1 - k0, width),
                    load_step=source.step,
                    lines=k1 - k0,
                    line=line,
                    valid=width,
                    steps=(width, 1),
                    groups=groups,
                    blocks=(tiles, columns, run.tile_bytes),
                )


def _copied(
    source: Heads,
    run: "_TileRun",
    a: Place,
    o: Place,
    pixels: int,
    tiles: int,
    columns: int,
    config: MachineConfig,
) -> Iterator[Layer]:
    """``pixels`` lines of ``columns`` channels to each of a run's ``tiles``, for all its heads."""
    heads, groups = run.heads, tiles
    if source.head == tiles * columns and run.head_bytes == tiles * run.tile_bytes:
        heads, groups = 1, run.heads * tiles
    for head in range(heads):
        yield pixelwise(
            Op.SCALE,
            Pixels(a.at(head * source.head), Size.BITS_8, columns, source.step, columns),
            Pixels(o.at(head * run.head_bytes), Size.BITS_8, columns, group=run.tile_bytes),
            pixels,
            config,
            groups=groups,
            fields=IDENTITY,
        )


def transpose_heads(
    source: Heads, width: int, target: Place, config: MachineConfig
) -> Iterator[Layer]:
    """Every head with a line of ``width`` pixels per channel, zeros behind its own pixels."""
    bus = config.bus_bytes
    room = config.vector_words * bus
    channels = min(source.size, room // bus // bus * bus)
    if not channels:
        raise DittosimError(
            f"vector_words = {config.vector_words}: {bus} pixels of {bus} channels do not fit; "
            "use a machine with more"
        )
    most = min(room // channels // bus * bus, width)
    for c0, c1 in _cuts(0, source.size, channels):
        for p0, p1 in _cuts(0, width, most):
            valid = min(p1, source.pixels) - p0
            empty = valid <= 0
            yield gather(
                config,
                source.place.at(0 if empty else p0 * source.step + c0),
                target.at(c0 * width + p0),
                loads=(1, bus) if empty else (valid, c1 - c0),
                load_step=bus if empty else source.step,
                lines=c1 - c0,
                line=p1 - p0,
                valid=max(valid, 0),
                steps=(1, c1 - c0),
                stores=None if p1 - p0 == width else c1 - c0,
                store_step=width,
                groups=(source.heads, source.head, source.size * width),
            )


def transpose_sums(plan: Plan, other: Plan, source: Place, target: Place) -> Iterator[Layer]:
    """Sums of ``plan`` in the places of ``other``, whose rows are the columns of ``plan``.

    What lies in columns of ``other`` beyond the rows of ``plan`` is zeros.
    """
    config = plan.config
    bus = config.bus_bytes
    room = config.vector_words * bus // Size.BITS_32.bytes
    step = config.vector_lanes
    a_width, b_width = 4 * plan.group_columns, 4 * other.group_columns
    edge = max(step, int(room**0.5) // step * step)
    for a_spans in _spans(plan, other.shape.rows):
        for b_spans in _spans(other, plan.shape.rows):
            (a0, a_count, lines, columns), (b0, b_count, valid, wide) = a_spans, b_spans
            a_row, b_row = 4 * columns, 4 * wide
            a = source.at(a0 * plan.shape.rows * a_width + b0 * other.group_columns * a_row)
            o = target.at(b0 * other.shape.rows * b_width + a0 * plan.group_columns * b_row)
            for c0, c1 in _cuts(0, -(-lines // step) * step, edge):
                for r0, r1 in _cuts(0, wide, edge):
                    here = min(r1, valid) - r0
                    loads = (here, 4 * (c1 - c0)) if here > 0 else (1, bus)
                    yield gather(
                        config,
                        a.at(r0 * a_row + 4 * c0) if here > 0 else source,
                        o.at(c0 * b_row + 4 * r0),
                        size=Size.BITS_32,
                        loads=loads,
                        load_step=a_row if here > 0 else bus,
                        lines=min(c1, lines) - c0,
                        line=r1 - r0,
                        valid=max(here, 0),
                        steps=(1, c1 - c0),
                        stores=None if r1 - r0 == wide else min(c1, lines) - c0,
                        store_step=b_row,
                        groups=(
                            a_count,
                            plan.shape.rows * a_width if here > 0 else 0,
                            plan.group_columns * b_row,
                        ),
                        blocks=(
                            b_count,
                            other.group_columns * a_row if here > 0 else 0,
                            other.shape.rows * b_width,
                        ),
                    )


def _spans(plan: Plan, rows: int) -> list[tuple[int, int, int, int]]:
    """Groups of columns alike: the first, how many, columns that are among ``rows``, and all.

    Of groups that lie behind all rows the columns among them are none.
    """
    found = []
    for group in range(plan.groups):
        last = group == plan.groups - 1
        columns = plan.last_group_columns if last else plan.group_columns
        among = min(columns, max(0, rows - group * plan.group_columns))
        found.append((group, among, columns))
    runs = [list(alike) for _, alike in groupby(found, key=lambda one: one[1:])]
    return [(run[0][0], len(run), *run[0][1:]) for run in runs]


def _cuts(first: int, last: int, most: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last, most):
        yield start, min(start + most, last)


class _TileRun:
    """Tiles whose weights of one chunk follow each other at one distance."""

    def __init__(self, plan: Plan, heads: int, head: int, group: int, chunk: int) -> None:
        """``group`` -1: those of all groups, of the only chunk."""
        beat, config = plan.config.beat_elements, plan.config
        line = plan.units.weight_row_words * plan.units.bus_bytes
        every = group < 0
        first = max(group, 0)
        self.heads, self.head = heads, head
        self.head_bytes = weight_bytes(plan)
        self.tile = first * config.tiles_n
        """The first of them"""
        self.tiles = -(-plan.shape.columns // config.columns) if every else plan.tiles(first)
        self.first_k = chunk * plan.chunk_beats * beat
        self.last_k = self.first_k + plan.beats(chunk) * beat
        self.tile_bytes = plan.beats(chunk) * beat * line
        before = first * config.tiles_n * plan.row_beats * beat * line
        self.offset = head * self.head_bytes + before + self.tiles * self.first_k * line


def _tile_runs(plan: Plan, heads: int) -> Iterator[_TileRun]:
    if plan.chunks == 1:
        yield _TileRun(plan, heads, 0, -1, 0)
        return
    for head in range(heads):
        for group in range(plan.groups):
            for chunk in range(plan.chunks):
                yield _TileRun(plan, 1, head, group, chunk)
