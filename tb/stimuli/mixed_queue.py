"""A queue of products and a vector layer beside each other, and what goes wrong in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np

from golden.accelerator.assemble import Addresses
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.layout import pack_accumulators
from golden.accelerator.program import LayerRun, Program
from golden.difference.matmul import Mode
from golden.errors import DittosimError
from golden.machine.config import MachineConfig
from golden.step.machine_fit import check_machine
from golden.vector.accesses import stream_bytes
from golden.vector.dependencies import AnyDescriptor, with_waits
from golden.vector.descriptor import TABLE_BYTES, Parameters, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.vector.run import MixedQueue, VectorRun
from tb.stimuli import vector_rules
from tb.stimuli.descriptor_rules import broken
from tb.stimuli.error_cases import (
    DECODE,
    FUSED_TRANSFERS,
    LAYERS,
    SLAVE,
    TRANSFERS,
    VECTOR_TRANSFERS,
    Refused,
    Wrong,
    long_run,
    small_program,
)
from tb.stimuli.random_outputs import placed_output, random_pair

AnyLayer = Descriptor | VectorDescriptor
ALIGNMENT = 256
BYTES = 1 << 22
"""More than the layers take"""
PAIRS = 20
"""Drawn, of which the smallest is taken"""
KINDS = {
    "first": "vpp",
    "between": "pvp",
    "last": "ppv",
    "behind a long product": "lvp",
    "before a pair": "vfp",
    "behind a pair": "fpv",
}
"""Where the vector layer is: v; p is a product, f a fused layer with its product behind it, l a
product that still reads when the vector layer has written everything"""


@dataclass(frozen=True)
class Mixed:
    """Layers, the memory before them, and what golden leaves of the vector layers' outputs."""

    queue: MixedQueue
    descriptors: tuple[AnyLayer, ...]
    memory: np.ndarray
    outputs: Mapping[int, np.ndarray]
    """By address"""

    def held(self) -> tuple[AnyLayer, ...]:
        """The descriptors of layers that all wait for each other."""
        return tuple(
            replace(one, products=0)
            if isinstance(one, VectorDescriptor)
            else replace(one, weights_wait=1, weights_wait_vectors=1)
            for one in self.descriptors
        )


def kinds_of(config: MachineConfig) -> dict[str, str]:
    """Those of :data:`KINDS` that a machine has."""
    try:
        check_machine(config)
    except DittosimError:
        return {place: kinds for place, kinds in KINDS.items() if "f" not in kinds}
    return KINDS


def mixed_queue(config: MachineConfig, rng: np.random.Generator, kinds: str) -> Mixed:
    """Small layers of :data:`KINDS` that need nothing of each other, and run beside each other."""
    products = list(small_program(config, rng).runs[: sum(kinds.count(kind) for kind in "lp")])
    if "l" in kinds:
        products[0] = long_run(config, rng)
    fused: VectorDescriptor | None = None
    if "f" in kinds:
        pairs = [_small_pair(config, rng) for _ in range(PAIRS)]
        products[0], fused = min(pairs, key=lambda pair: pair[0].rows.size * pair[0].plan.groups)
    free = [replace(run, weights_wait=False, inputs_wait=False) for run in products]
    program = Program.of(free)
    memory = np.zeros(BYTES, np.uint8)
    memory[: program.size] = program.memory()
    end = program.size

    def place(size: int) -> int:
        nonlocal end
        address, end = end, end + -(-size // ALIGNMENT) * ALIGNMENT
        return address

    def put(data: bytes, address: int | None = None) -> int:
        address = place(len(data)) if address is None else address
        memory[address : address + len(data)] = np.frombuffer(data, np.uint8)
        return address

    plain = vector_rules.plain_layer(config)
    words = plain.blocks * config.bus_bytes
    parameters = [Parameters(multiplier=1000, shift=10).word()] * plain.rows * config.vector_lanes
    plain = replace(
        plain,
        a_address=put(rng.bytes(words)),
        b_address=put(rng.bytes(words)),
        p_address=put(np.array(parameters, "<u8").tobytes()),
        t_address=put(rng.bytes(TABLE_BYTES)),
        o_address=place(words),
    )
    of_products = iter(zip(program.runs, program.addresses, program.descriptors(), strict=True))
    runs: list[LayerRun | VectorRun] = []
    places: list[Addresses | None] = []
    layers: list[AnyDescriptor] = []
    for kind in kinds:
        if kind in "lp":
            run, where, product = next(of_products)
            runs.append(run)
            places.append(where)
            layers.append(replace(product, output=int(run.output), discard=int(run.discard)))
            continue
        layer = plain
        if kind == "f":
            assert fused
            layer, constants = placed_output(fused, rng, config, place)
            for address, data in constants:
                put(data, address)
        runs.append(VectorRun(layer, config))
        places.append(None)
        layers.append(layer)
    descriptors = tuple(_layer(one) for one in with_waits(layers, config))
    base = put(b"".join(descriptor.pack() for descriptor in descriptors))
    runs = [
        replace(run, layer=one)
        if isinstance(run, VectorRun) and isinstance(one, VectorDescriptor)
        else run
        for run, one in zip(runs, descriptors, strict=True)
    ]
    queue = MixedQueue(tuple(runs), tuple(places), base, config)
    return Mixed(queue, descriptors, memory[:end].copy(), _outputs(memory, queue))


def _small_pair(
    config: MachineConfig, rng: np.random.Generator
) -> tuple[LayerRun, VectorDescriptor]:
    run, fused = random_pair(config, rng, Mode.TEMPORAL, True, "one block", "one", "a tensor")
    return run, replace(fused, table=1, interrupt=0)


def _outputs(memory: np.ndarray, queue: MixedQueue) -> dict[int, np.ndarray]:
    """Of all vector layers, by address."""
    found, after = {}, memory.copy()
    for run, behind in zip(queue.runs, (*queue.runs[1:], None), strict=True):
        if not isinstance(run, VectorRun):
            continue
        results = None
        if run.layer.fused:
            assert isinstance(behind, LayerRun)
            results = pack_accumulators(behind.accumulators(), behind.plan)
        run_vector_layer(after, run.layer, queue.config, results)
        written = stream_bytes(run.layer, "o", queue.config.bus_bytes)
        found[run.layer.o_address] = after[written.starts[0] : written.ends[-1]]
    return found


def _layer(descriptor: AnyDescriptor) -> AnyLayer:
    assert isinstance(descriptor, Descriptor | VectorDescriptor)
    return descriptor


def transfers_of(descriptor: AnyLayer) -> tuple[str, ...]:
    """What a layer reads and writes, in this order."""
    if not isinstance(descriptor, VectorDescriptor):
        return TRANSFERS
    return FUSED_TRANSFERS if descriptor.fused else VECTOR_TRANSFERS


def rules_of(descriptor: AnyLayer, config: MachineConfig) -> Iterator[vector_rules.Case]:
    """All cases that break a rule of a descriptor; those of fused layers are tried elsewhere."""
    if not isinstance(descriptor, VectorDescriptor):
        yield from broken(descriptor, config)
    elif not descriptor.fused:
        yield from vector_rules.broken(descriptor, config)


def refusals(mixed: Mixed) -> Iterator[tuple[Refused]]:
    """Each transfer of each layer refused alone."""
    for layer, descriptor in enumerate(mixed.descriptors):
        for what, kind in product(transfers_of(descriptor), (SLAVE, DECODE)):
            yield (Refused(layer, what, kind),)


def mixed_cases(mixed: Mixed, vector: int) -> Iterator[tuple[Refused | Wrong, ...]]:
    """What goes wrong in and around the vector layer.

    All of it alone, and each refusal in layers beside it; each refusal in a layer with each in one
    behind it and, if one of them is the vector layer, with every rule broken there; two refusals in
    one layer.
    """
    config, kinds = mixed.queue.config, (SLAVE, DECODE)
    of_vector = mixed.descriptors[vector]
    yield from ((Wrong(vector, case),) for case in rules_of(of_vector, config))
    yield from refusals(mixed)
    for layer, descriptor in enumerate(mixed.descriptors):
        for first, second in product(transfers_of(descriptor), repeat=2):
            if first != second:
                yield Refused(layer, first, SLAVE), Refused(layer, second, DECODE)
    for layer, behind in combinations(range(LAYERS), 2):
        one, other = mixed.descriptors[layer], mixed.descriptors[behind]
        for first, second in product(transfers_of(one), transfers_of(other)):
            yield Refused(layer, first, SLAVE), Refused(behind, second, DECODE)
            if behind == layer + 1:
                yield Refused(layer, first, DECODE), Refused(behind, second, SLAVE)
        if vector in (layer, behind) and behind == layer + 1:
            rules = list(rules_of(other, config))
            whats = list(product(transfers_of(one), kinds))
            for number, case in enumerate(rules):
                what, kind = whats[number % len(whats)]
                yield Refused(layer, what, kind), Wrong(behind, case)
