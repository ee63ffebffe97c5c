"""A queue of products around a vector layer, and what goes wrong in it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from golden.accelerator.assemble import Addresses
from golden.accelerator.descriptor import Descriptor
from golden.accelerator.program import LayerRun, Program
from golden.machine.config import MachineConfig
from golden.vector.descriptor import Parameters, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.vector.run import MixedQueue, VectorRun
from tb.stimuli import vector_rules
from tb.stimuli.descriptor_rules import broken
from tb.stimuli.error_cases import (
    DECODE,
    LAYERS,
    SLAVE,
    TRANSFERS,
    VECTOR_TRANSFERS,
    Refused,
    Wrong,
    small_program,
)

ALIGNMENT = 256


@dataclass(frozen=True)
class Mixed:
    """Layers, the memory before them, and what golden leaves of the vector layer's output."""

    queue: MixedQueue
    descriptors: tuple[Descriptor | VectorDescriptor, ...]
    memory: np.ndarray
    vector_output: np.ndarray


def mixed_queue(config: MachineConfig, rng: np.random.Generator, vector: int) -> Mixed:
    """Small layers; number ``vector`` is one of the vector unit, the others are products."""
    program = Program.of(small_program(config, rng).runs[: LAYERS - 1])
    image = np.frombuffer(program.memory().tobytes(), np.uint8)
    plain = vector_rules.plain_layer(config)
    channels = plain.rows * config.vector_lanes
    parameters = [Parameters(multiplier=1000, shift=10).word()] * channels
    tensors = {
        "a": rng.integers(0, 256, plain.blocks * config.bus_bytes, np.uint8),
        "b": rng.integers(0, 256, plain.blocks * config.bus_bytes, np.uint8),
        "p": np.array(parameters, "<u8").view(np.uint8),
        "t": rng.integers(0, 256, 512, np.uint8),
        "o": np.zeros(plain.blocks * config.bus_bytes, np.uint8),
    }
    parts, end, addresses = [image], len(image), {}
    for name, tensor in tensors.items():
        start = -(-end // ALIGNMENT) * ALIGNMENT
        parts += [np.zeros(start - end, np.uint8), tensor]
        addresses[f"{name}_address"], end = start, start + len(tensor)
    layer = replace(plain, **addresses)
    runs: list[LayerRun | VectorRun] = list(program.runs)
    places: list[Addresses | None] = list(program.addresses)
    descriptors: list[Descriptor | VectorDescriptor] = list(program.descriptors())
    runs.insert(vector, VectorRun(layer, config))
    places.insert(vector, None)
    descriptors.insert(vector, layer)
    base = -(-end // ALIGNMENT) * ALIGNMENT
    packed = b"".join(descriptor.pack() for descriptor in descriptors)
    parts += [np.zeros(base - end, np.uint8), np.frombuffer(packed, np.uint8)]
    memory = np.concatenate(parts)
    after = memory.copy()
    run_vector_layer(after, layer, config)
    first = layer.o_address
    output = after[first : first + len(tensors["o"])]
    queue = MixedQueue(tuple(runs), tuple(places), base, config)
    return Mixed(queue, tuple(descriptors), memory, output)


def transfers_of(descriptor: Descriptor | VectorDescriptor) -> tuple[str, ...]:
    """What a layer reads and writes, in this order."""
    return VECTOR_TRANSFERS if isinstance(descriptor, VectorDescriptor) else TRANSFERS


def rules_of(
    descriptor: Descriptor | VectorDescriptor, config: MachineConfig
) -> Iterator[vector_rules.Case]:
    """All cases that break a rule of a descriptor."""
    if isinstance(descriptor, VectorDescriptor):
        return vector_rules.broken(descriptor, config)
    return broken(descriptor, config)


def mixed_cases(mixed: Mixed, vector: int) -> Iterator[tuple[Refused | Wrong, ...]]:
    """What goes wrong in and around the vector layer.

    All of it alone; each refusal in a layer with each in the next and, if one of them is the vector
    layer, with every rule broken there; two refusals in the vector layer.
    """
    config, kinds = mixed.queue.config, (SLAVE, DECODE)
    of_vector = mixed.descriptors[vector]
    yield from ((Wrong(vector, case),) for case in rules_of(of_vector, config))
    for what, kind in product(transfers_of(of_vector), kinds):
        yield (Refused(vector, what, kind),)
    for first, second in product(transfers_of(of_vector), repeat=2):
        if first != second:
            yield Refused(vector, first, SLAVE), Refused(vector, second, DECODE)
    for layer in range(LAYERS - 1):
        one, other = mixed.descriptors[layer : layer + 2]
        for first, second in product(transfers_of(one), transfers_of(other)):
            yield Refused(layer, first, SLAVE), Refused(layer + 1, second, DECODE)
            yield Refused(layer, first, DECODE), Refused(layer + 1, second, SLAVE)
        if vector in (layer, layer + 1):
            rules = list(rules_of(other, config))
            whats = list(product(transfers_of(one), kinds))
            for number, case in enumerate(rules):
                what, kind = whats[number % len(whats)]
                yield Refused(layer, what, kind), Wrong(layer + 1, case)
