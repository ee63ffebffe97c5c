"""What lies in the scratchpad: whole buffers, none over another, nothing that the host touches."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from golden.accelerator.counters import KINDS, Counters
from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.denoising.samplers import Sampler, sample
from golden.difference.matmul import Mode
from golden.machine.config import load_config
from golden.network.builder import Builder
from golden.network.graph import IMAGE
from golden.step.compilation import compile_step
from golden.step.drafts import Buffer, Draft, Lifetime, Place
from golden.step.lifetimes import REST
from golden.step.program import Choosing, Entry, StepProgram
from golden.step.residents import Residents
from golden.step.sampling import ProgramDenoiser
from golden.step.traffic import moved_by_field
from golden.vector.descriptor import Size, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.workload.workload import load_workload
from sim.run.loading import loading_timeline
from sim.run.steps import StepSimulator
from tb.stimuli.random_workloads import random_workload

SMALL = load_config("small")
SIZES = (4096, 1 << 14, 1 << 16, 1 << 18, 1 << 22)
FLOWS = (Mode.ACT, Mode.TEMPORAL, Choosing.DEFO)


def program_of(name: str, flow, size: int) -> StepProgram:
    machine = SMALL.model_copy(update={"scratchpad_bytes": size})
    return compile_step(load_workload(name), machine, flow)


def every_entry(program: StepProgram, queue: str) -> list[Entry]:
    return list(program.queues[queue].every())


def drafts_like(entry: Entry) -> Draft:
    return Draft(entry.name, entry.node, entry.descriptor, {}, entry.product)


def near_bytes(program: StepProgram, queue: str) -> int:
    """What the entries of a queue move in the scratchpad."""
    return sum(
        moved
        for entry in every_entry(program, queue)
        for field, moved in moved_by_field(drafts_like(entry), program.config)
        if getattr(entry.descriptor, field) < program.memory_base
    )


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("name", ["digits-unet", "digits-dit"])
def test_more_of_the_traffic_is_on_chip_the_larger_the_scratchpad(name, flow) -> None:
    programs = [program_of(name, flow, size) for size in (0, *SIZES)]
    queue = "step" if flow is Mode.ACT else "odd"
    near = [near_bytes(program, queue) for program in programs]
    assert near[0] == 0
    assert near == sorted(near)
    assert near[1] > 0
    assert near[-2] > near[1]


@pytest.mark.parametrize("size", SIZES)
def test_what_the_host_and_the_queues_need_is_in_memory(size: int) -> None:
    program = program_of("digits-unet", Mode.TEMPORAL, size)
    for queue in program.queues.values():
        assert queue.base >= size
        assert min(queue.addresses.values()) >= size
        for entry in queue.every():
            assert entry.address >= size
    assert program.constant_bytes > size == program.memory_base


@pytest.mark.parametrize("flow", FLOWS)
def test_a_queue_copies_constants_to_the_scratchpad(flow) -> None:
    program = program_of("digits-dit", flow, 1 << 18)
    assert program.loading
    near = program.memory_base
    memory = program.memory.copy()
    memory[:near] = 0xA5
    for entry in program.loading.entries:
        layer = entry.descriptor
        assert isinstance(layer, VectorDescriptor)
        assert near <= layer.a_address < program.constant_bytes
        assert layer.o_address < near
        place = slice(entry.address, entry.address + DESCRIPTOR_BYTES)
        assert memory[place].tobytes() == layer.pack()
        assert entry.address < program.constant_bytes
        run_vector_layer(memory, layer, program.config)
    copied = memory[:near] != 0xA5
    assert copied.any()
    np.testing.assert_array_equal(memory[:near][copied], program.memory[:near][copied])
    lines, counters = loading_timeline(program)
    assert len(lines) == len(program.loading.entries)
    moved = counters.scratchpad_bytes("vector_written")
    assert moved == counters.memory_bytes("vector_read") == moved // 256 * 256 > 0


def test_no_queue_copies_what_is_not_there() -> None:
    program = program_of("digits-unet", Mode.ACT, 0)
    assert program.loading is None
    assert loading_timeline(program) == ([], Counters())


def test_pairs_swap_in_the_scratchpad_as_in_memory() -> None:
    program = program_of("digits-unet", Mode.TEMPORAL, 1 << 22)
    near = 0
    for a, b in zip(every_entry(program, "odd"), every_entry(program, "even"), strict=True):
        if a.product and a.product.number == 0 and "scores" not in a.name and "mix" not in a.name:
            assert a.descriptor.reference_address == b.descriptor.inputs_address
            assert a.descriptor.previous_address == b.descriptor.results_address
            near += a.descriptor.previous_address < 1 << 22
    assert near > 5


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("size", [0, 4096, 1 << 14])
def test_values_are_those_of_the_integer_model(flow, size: int) -> None:
    b = Builder()
    x = b.conv("a", IMAGE, 1, 16, 3)
    x = b.norm_silu("norm", x, 16, 2)
    b.conv("head", x, 16, 1, 3)
    workload = random_workload(b.graph(), (8, 8, 1))
    machine = load_config("tiny").model_copy(update={"scratchpad_bytes": size})
    program = compile_step(workload, machine, flow)
    denoiser = ProgramDenoiser(program, workload)
    rng = np.random.default_rng(0)
    denoiser.memory[:size] = rng.integers(0, 256, size)
    for entry in program.loading.entries if program.loading else ():
        run_vector_layer(denoiser.memory, entry.descriptor, machine)
    noise = workload.noise(1, 3)
    found = sample(Sampler.DDIM, denoiser, noise, workload.description.schedule, 4)
    np.testing.assert_array_equal(found, workload.sample(Mode.ACT, noise, 4))


@pytest.mark.parametrize("flow", [Mode.ACT, Mode.TEMPORAL])
@pytest.mark.parametrize("name", ["digits-unet", "digits-dit"])
def test_traffic_is_what_the_simulator_counts(name: str, flow: Mode) -> None:
    """Of every layer, by kind; and so are bytes of the scratchpad."""
    program = program_of(name, flow, 1 << 15)
    workload = load_workload(name)
    simulator = StepSimulator(program, workload)
    schedule = workload.description.schedule
    sample(Sampler.DDIM, simulator, workload.noise(1, 0), schedule, 2)
    step = simulator.steps[1]
    found, total = defaultdict(int), Counters()
    for entry, line in zip(step.entries, step.layers, strict=True):
        total += line.counters
        for field, moved in moved_by_field(drafts_like(entry), program.config):
            place = getattr(entry.descriptor, field)
            kind = _kind(entry, field)
            found["bytes", kind] += moved
            found["scratchpad", kind] += moved * (place < program.memory_base)
    for kind in KINDS:
        if kind != "descriptors":
            assert getattr(total, f"bytes_{kind}") == found["bytes", kind], kind
            assert total.scratchpad_bytes(kind) == found["scratchpad", kind], kind
    assert sum(total.scratchpad_bytes(kind) for kind in KINDS) > 0


def _kind(entry: Entry, field: str) -> str:
    if isinstance(entry.descriptor, VectorDescriptor):
        return "vector_written" if field == "o_address" else "vector_read"
    kind = field.removesuffix("_address")
    return "references" if kind == "reference" else kind


def _copy(source: Place, target: Place, words: int) -> Draft:
    """A layer that reads ``words`` bus words and writes them."""
    layer = VectorDescriptor(
        op=0,
        a_size=Size.BITS_8,
        o_size=Size.BITS_8,
        a_address=0,
        o_address=0,
        a_count=1,
        a_tail_count=1,
        a_words=words,
        a_tail_words=words,
        o_count=1,
        o_tail_count=1,
        o_words=words,
        o_tail_words=words,
        groups=1,
        blocks=1,
        pixels=words,
        tail_pixels=words,
        rows=1,
    )
    return Draft("copy", "copy", layer, {"a_address": source, "o_address": target})


def test_buffers_of_a_step_share_room_one_after_the_other() -> None:
    machine = SMALL.model_copy(update={"scratchpad_bytes": 4096})
    buffers = [Buffer(f"b{n}", 2048, Lifetime.STEP) for n in range(12)]
    kept = Buffer("host", 2048, Lifetime.KEPT)
    places = [Place(kept), *map(Place, buffers)]
    drafts = [_copy(a, b, 128) for a, b in pairwise(places)]
    near = Residents.of({"step": drafts}, ["host"], machine).in_step["step"]
    assert near
    lives = {f"b{n}": range(n, min(n + 1, 11) + REST + 1) for n in range(12)}
    for one, address in near.items():
        assert address + 2048 <= 4096
        for other, place in near.items():
            if one != other and set(lives[one]) & set(lives[other]):
                assert address != place
    # Two at a time, each for seven layers or fewer: more than two in all.
    assert len(near) > 2


def test_the_greatest_benefit_per_byte_comes_first() -> None:
    """A pair takes twice its bytes always; a buffer of a step takes them while it is in use."""
    machine = SMALL.model_copy(update={"scratchpad_bytes": 4096})
    host = Place(Buffer("host", 4096, Lifetime.KEPT))
    pair = Place(Buffer("pair", 2048, Lifetime.PAIR))
    often, seldom = (Place(Buffer(name, 4096, Lifetime.STEP)) for name in ("often", "seldom"))
    drafts = [
        _copy(host, seldom, 256),
        _copy(host, pair, 128),
        _copy(pair.before, often, 128),
        *[_copy(often, often, 256)] * 3,
    ]
    found = Residents.of({"step": drafts}, ["host"], machine)
    assert (found.in_step["step"], found.lasting) == ({"often": 0}, {})
    without = Residents.of({"step": drafts}, ["host", "often", "seldom"], machine)
    assert (without.in_step["step"], without.lasting) == ({}, {"pair": 0})
