"""Random products whose results pass the vector unit, in a memory of random bytes, by strata."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product

import numpy as np

from golden.accelerator.assemble import Addresses
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.layout import pack_accumulators
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.outputs import fused_pixels
from golden.vector.descriptor import TABLE_BYTES, Op, Parameters, Size, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.vector.run import MixedQueue, VectorRun
from golden.vector.streams import addend_scale
from tb.harness.coverage import Coverage
from tb.stimuli.random_programs import random_plan, random_run, random_shape, run_of
from tb.stimuli.random_vectors import VectorQueue

ADDENDS = ("none", "a tensor", "a pixel")
ALIGNMENT = 256
ATTEMPTS = 400
MODES = {"act": Mode.ACT, "spatial": Mode.SPATIAL, "temporal": Mode.TEMPORAL}
STRATA: dict[str, tuple[str, ...]] = {
    "mode": tuple(MODES),
    "sums": ("stored", "discarded"),
    "passes": ("one block", "several blocks", "blocks in parts"),
    "groups": ("one", "several"),
    "elements": ("8 bits", "16 bits"),
    "table": ("none", "some"),
    "addends": (
        *("none", "a tensor", "a pixel"),
        *("a tensor of several groups", "a pixel of several groups"),
    ),
    "neighbours": ("pair behind pair", "product behind pair", "pair behind product"),
}
"""What is drawn of a pair, and what follows what"""


def random_output_queue(
    config: MachineConfig, rng: np.random.Generator, coverage: Coverage
) -> VectorQueue:
    """Pairs of every mode, with sums stored or not, of one and several blocks and groups."""
    cases = list(product(MODES.values(), (True, False), STRATA["passes"], STRATA["groups"]))
    cases = [case for case in cases if not (case[1] and case[2] == "blocks in parts")]
    pairs = []
    for turn, number in enumerate(rng.permutation(len(cases))):
        mode, stored, passes, groups = cases[number]
        addends = ADDENDS[turn % len(ADDENDS)]
        pairs.append(random_pair(config, rng, mode, stored, passes, groups, addends))
    items: list[tuple[LayerRun, VectorDescriptor | None]] = []
    for number, pair in enumerate(pairs):
        if number % 3 == 1:
            items.append((random_run(config, rng), None))
        items.append(pair)
    for (_, before), (_, behind) in pairwise(items):
        names = ["pair" if one else "product" for one in (behind, before)]
        if "pair" in names:
            coverage.see("neighbours", " behind ".join(names))
    program = Program.of([run for run, _ in items])
    count = sum(2 if vector else 1 for _, vector in items)
    end = program.size

    def place(size: int) -> int:
        nonlocal end
        address, end = end, end + -(-size // ALIGNMENT) * ALIGNMENT
        return address

    queue = place(DESCRIPTOR_BYTES * count)
    runs: list[LayerRun | VectorRun] = []
    places: list[Addresses | None] = []
    packed: list[bytes] = []
    constants: list[tuple[int, bytes]] = []
    descriptors = program.descriptors()
    for (run, vector), descriptor, where in zip(items, descriptors, program.addresses, strict=True):
        if vector:
            _see(coverage, run, vector)
            vector, data = placed_output(vector, rng, config, place)
            constants += data
            runs.append(VectorRun(vector, config))
            places.append(None)
            packed.append(vector.pack())
            descriptor = replace(descriptor, output=1, discard=int(run.discard))
        runs.append(run)
        places.append(where)
        packed.append(descriptor.pack())
    memory = rng.integers(0, 256, end, np.uint8)
    memory[: program.size] = program.memory()
    memory[queue : queue + DESCRIPTOR_BYTES * count] = np.frombuffer(b"".join(packed), np.uint8)
    for address, constant in constants:
        memory[address : address + len(constant)] = np.frombuffer(constant, np.uint8)
    after = memory.copy()
    fused = None
    for one, at in zip(runs, places, strict=True):
        if isinstance(one, VectorRun):
            fused = one.layer
            continue
        assert at
        results = pack_accumulators(one.accumulators(), one.plan)
        if not one.discard:
            after[at.results : at.results + len(results)] = results
        if one.output:
            assert fused
            run_vector_layer(after, fused, config, results)
    return VectorQueue(MixedQueue(tuple(runs), tuple(places), queue, config), memory, after)


def random_pair(
    config: MachineConfig,
    rng: np.random.Generator,
    mode: Mode,
    stored: bool,
    passes: str,
    groups: str,
    addends: str,
) -> tuple[LayerRun, VectorDescriptor]:
    """A product and the vector layer before it, without addresses."""
    side = config.tiles_n * config.columns
    for _ in range(ATTEMPTS):
        shape = random_shape(rng, config)
        many = int(rng.integers(2, 4)) if groups == "several" else 1
        shape = replace(shape, columns=many * side)
        try:
            plan = replace(random_plan(shape, mode, config, rng), rows_outer=False)
            plan = replace(plan, lines=int(rng.integers(1, plan.lines + 1)))
            plan.check(mode)
        except DittosimError:
            continue
        block = fused_pixels(plan, stored=stored)
        if not block:
            continue
        if "parts" not in passes and (plan.row_blocks == 1) != (passes == "one block"):
            continue
        if passes == "blocks in parts":
            parts = [p for p in range(1, block) if plan.block_rows(0) % p == 0]
            if not parts:
                continue
            block = int(rng.choice(parts))
        run = replace(run_of(plan, mode, rng), weights_wait=False, inputs_wait=False)
        run = replace(run, output=True, discard=not stored)
        vector = _vector(plan.shape.rows, block, side, plan.groups, config, rng)
        return run, vector if addends == "none" else _with_addends(vector, addends, config, rng)
    raise AssertionError(f"no {mode} product with {passes} and {groups} group in {ATTEMPTS} draws")


def _vector(
    rows: int, block: int, width: int, groups: int, config: MachineConfig, rng: np.random.Generator
) -> VectorDescriptor:
    size = Size(int(rng.integers(2)))
    blocks = -(-rows // block)
    tail = rows - (blocks - 1) * block
    run = width * size.bytes
    pixel = run * groups + config.bus_bytes * int(rng.integers(0, 2))
    words = width * Size.BITS_32.bytes // config.bus_bytes
    return VectorDescriptor(
        op=Op.SCALE,
        per_channel=1,
        fused=1,
        interrupt=int(rng.integers(2)),
        table=int(rng.integers(2)),
        a_size=Size.BITS_32,
        o_size=size,
        a_address=0,
        o_address=0,
        a_count=1,
        a_tail_count=1,
        a_words=block * words,
        a_tail_words=tail * words,
        o_group=run,
        o_block=block * pixel,
        o_stride=pixel,
        o_count=block,
        o_tail_count=tail,
        o_words=run // config.bus_bytes,
        o_tail_words=run // config.bus_bytes,
        p_words=groups * width * 8 // config.bus_bytes,
        groups=groups,
        blocks=blocks,
        pixels=block,
        tail_pixels=tail,
        rows=width // config.vector_lanes,
        zero=int(rng.integers(-20, 21)),
    )


def _with_addends(
    vector: VectorDescriptor, addends: str, config: MachineConfig, rng: np.random.Generator
) -> VectorDescriptor:
    """The layer as a sum with ``addends``, of :data:`ADDENDS`."""
    width = vector.rows * config.vector_lanes
    pixel = width * Size.BITS_16.bytes // config.bus_bytes
    words = pixel * vector.pixels, pixel * vector.tail_pixels
    of_pixel = addends == "a pixel"
    b_words, b_tail_words = (pixel, pixel) if of_pixel else words
    return replace(
        vector,
        op=Op.SUM,
        b_vector=int(of_pixel),
        b_size=Size.BITS_16,
        b_words=b_words,
        b_tail_words=b_tail_words,
        b_block=pixel * config.bus_bytes if of_pixel else 0,
        a_zero=int(rng.integers(-20000, 20001)),
        b_zero=int(rng.integers(-20000, 20001)),
        first_multiplier=int(rng.integers(-65535, 65536)),
        second_multiplier=int(rng.integers(-65535, 65536)),
        first_shift=int(rng.integers(12, 26)),
    )


def addend_bytes(vector: VectorDescriptor, config: MachineConfig) -> int:
    """From the first byte of its addends to the last; 0 if it has none."""
    if vector.op != Op.SUM:
        return 0
    if vector.b_vector:
        return vector.groups * vector.b_words * config.bus_bytes
    return addend_scale(vector) * vector.o_stride * output_pixels(vector)


def output_pixels(vector: VectorDescriptor) -> int:
    """Pixels of its output."""
    return (vector.blocks - 1) * vector.pixels + vector.tail_pixels


def placed_output(
    vector: VectorDescriptor, rng: np.random.Generator, config: MachineConfig, place
) -> tuple[VectorDescriptor, list[tuple[int, bytes]]]:
    """The layer with its addresses, and what lies at them."""
    channels = vector.groups * vector.rows * config.vector_lanes
    parameters = b"".join(
        Parameters(
            bias=int(rng.integers(-(1 << 20), 1 << 20)),
            multiplier=int(rng.integers(-65535, 65536)),
            shift=int(rng.integers(24, 38)),
        )
        .word()
        .to_bytes(8, "little")
        for _ in range(channels)
    )
    table = rng.integers(0, 256, TABLE_BYTES, np.uint8).tobytes()
    addends = addend_bytes(vector, config)
    where = {
        "p_address": place(len(parameters)),
        "t_address": place(len(table)) if vector.table else 0,
        "o_address": place(vector.o_stride * output_pixels(vector)),
        "b_address": place(addends) if addends else 0,
    }
    data = [(where["p_address"], parameters)]
    if vector.table:
        data.append((where["t_address"], table))
    return replace(vector, **where), data


def _see(coverage: Coverage, run: LayerRun, vector: VectorDescriptor) -> None:
    parts = vector.pixels < run.plan.block_rows(0)
    several = "several blocks" if run.plan.row_blocks > 1 else "one block"
    for axis, stratum in _strata(run, vector, "blocks in parts" if parts else several):
        coverage.see(axis, stratum)


def _strata(run: LayerRun, vector: VectorDescriptor, passes: str) -> Iterator[tuple[str, str]]:
    yield "mode", run.mode.value
    yield "sums", "discarded" if run.discard else "stored"
    yield "passes", passes
    yield "groups", "several" if vector.groups > 1 else "one"
    yield "elements", f"{8 * Size(vector.o_size).bytes} bits"
    of_groups = " of several groups" if vector.groups > 1 else ""
    if vector.op == Op.SUM:
        yield "addends", ("a pixel" if vector.b_vector else "a tensor") + of_groups
    else:
        yield "addends", "none"
    yield "table", "some" if vector.table else "none"
