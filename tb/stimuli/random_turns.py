"""Queues of vector layers whose transfers lie in a scratchpad and in memory by turns.

Addresses around the scratchpad's end are columns of equal width, of which each tensor has a part of
its own: what lies in one column after the other turns from the scratchpad to memory.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from golden.machine.config import PAGE_BYTES, MachineConfig
from golden.machine.timing import VECTOR_SWEEP_LATENCY
from golden.vector.descriptor import Op, Size, VectorDescriptor
from golden.vector.layer import run_vector_layer
from golden.vector.run import MixedQueue, VectorRun
from sim.bus.memory_ports import MemoryPorts
from sim.dram.state import TURNS
from sim.scheduler.accelerator import queue_timeline
from tb.harness.coverage import Coverage
from tb.stimuli.random_vectors import VectorQueue

ROOM = 1024
"""Bus words of the least scratchpad"""
OUTSTANDING = 4
"""Bursts of a kind that the machine must have under way"""
TURNING = 14
"""Layers behind the first one"""
NEAR, FAR = 3, 3
"""Columns in the scratchpad and behind it, or fewer"""
BLOCKS = (2, 4)
"""Of layers behind the first one: few, since it is the last response that a layer's end tells"""
TIMES = 4
"""Queues that meet a turn: one may hide what comes of it"""
DRAWN = 200
"""Queues at most: not every DRAM can have every turn"""
LOGGED = 1000
"""More transfers than a queue writes"""
WAITS_LAST = TURNS[3]

Stream = tuple[int, int, int, int]
"""Address, bytes from block to block and from transfer to transfer, transfers of a block"""


def first_blocks(config: MachineConfig) -> list[int]:
    """Bus words of a block, with which memory may be asked for a read after a write was granted.

    The fourth block is asked for when the second one is computed, and the first one is written
    when it has left the lanes: that one comes first, but its last word does not.
    """
    rows = config.bus_bytes // config.vector_lanes
    most = min(config.vector_words // 4, 2 * VECTOR_SWEEP_LATENCY)
    return [
        words
        for words in range(1, most + 1)
        if 0 <= words * rows - VECTOR_SWEEP_LATENCY <= min(words, config.burst_words)
    ]


def turn_strata(config: MachineConfig) -> tuple[str, ...]:
    """Of :data:`TURNS` those that such queues meet on a machine; none without a scratchpad."""
    outstanding = min(config.outstanding_reads, config.outstanding_writes)
    if config.scratchpad_bytes < ROOM * config.bus_bytes or outstanding < OUTSTANDING:
        return ()
    return TURNS if first_blocks(config) else TURNS[:-1]


def turning_queues(
    machine: MachineConfig, rng: np.random.Generator, coverage: Coverage
) -> Iterator[VectorQueue]:
    """Queues of :func:`random_turns`, each of which meets some turn that few before did.

    They end when the machine's DRAM has met them all in :data:`TIMES` queues, or :data:`DRAWN`
    were tried; a machine on another memory has none.
    """
    turns = turn_strata(machine) if machine.dram else ()
    missed = dict.fromkeys(turns, TIMES)
    for _ in range(DRAWN if turns else 0):
        queue = random_turns(machine, rng)
        ports = MemoryPorts.of(machine, logged=(0, LOGGED))
        queue_timeline(queue.queue, ports)
        met = dict(zip(TURNS, ports.dram.controller["turns"][0].tolist(), strict=True))
        if not _end_waits(ports.writer.rows[: ports.writer.now[0]], machine):
            # No layer's end tells of it.
            met[WAITS_LAST] = 0
        if not any(met[turn] and missed[turn] for turn in turns):
            continue
        for turn in turns:
            coverage.see("turns", turn, met[turn])
        yield queue
        missed = {turn: max(0, times - bool(met[turn])) for turn, times in missed.items()}
        if not any(missed.values()):
            return


def _end_waits(writes: np.ndarray, config: MachineConfig) -> bool:
    """Whether memory answers some layer's last transfer right behind the scratchpad's answer.

    ``writes`` as :data:`sim.bus.transfer_log.COLUMNS` are.
    """
    layer, _, address, _, _, _, _, done = writes.T
    near = address < config.scratchpad_bytes
    last = np.append(layer[1:] != layer[:-1], True)[1:]
    return bool((last & near[:-1] & ~near[1:] & (np.diff(done) == 1)).any())


def random_turns(config: MachineConfig, rng: np.random.Generator) -> VectorQueue:
    """A queue on a machine with a scratchpad of :data:`ROOM`, in which its descriptors lie.

    The first layer reads blocks of the scratchpad, then of memory, and writes memory only: either
    may be what memory is asked for first. Each block of the others reads pixels of the scratchpad,
    then of memory, and writes as many of each.
    """
    bus, border = config.bus_bytes, config.scratchpad_bytes
    first = int(rng.choice(first_blocks(config) or [1])) * bus
    # Of a block, which the unit's buffer holds.
    most = min(NEAR, FAR, config.vector_words // 8)
    near, far = (rng.integers(1, most + 1, TURNING) for _ in range(2))
    blocks = rng.integers(BLOCKS[0], BLOCKS[1] + 1, TURNING)
    column = first + 2 * int(blocks.sum()) * bus
    # A page of its own, so that the first burst is as long as can be.
    end = -(-(border + FAR * column) // PAGE_BYTES) * PAGE_BYTES
    a = (border - NEAR * column, column, 0, 1)
    layers = [_layer(config, first // bus, NEAR + FAR, a, (end, first, 0, 1))]
    part = border + first
    for one, other, count in zip(near.tolist(), far.tolist(), blocks.tolist(), strict=True):
        a, o = ((part + n * count * bus - one * column, bus, column, one + other) for n in (0, 1))
        layer = _layer(config, one + other, count, a, o)
        if rng.random() < 0.5:
            # The scratchpad has the last word.
            tail = int(rng.integers(1, one + 1))
            layer = replace(layer, tail_pixels=tail, a_tail_count=tail, o_tail_count=tail)
        if rng.random() < 0.5:
            # A word of the scratchpad, that of the first descriptor, is the last one of each block.
            words = {"b_words": 1, "b_tail_words": 1, "b_vector": 1, "b_size": Size.BITS_8}
            layer = replace(layer, op=Op.SUM, second_multiplier=30_000, **words)
        layers.append(layer)
        part += 2 * count * bus
    packed = b"".join(layer.pack() for layer in layers)
    assert len(packed) <= border - NEAR * column
    memory = rng.integers(0, 256, end + (NEAR + FAR) * first, np.uint8)
    memory[: len(packed)] = np.frombuffer(packed, np.uint8)
    after = memory.copy()
    for layer in layers:
        run_vector_layer(after, layer, config)
    runs = tuple(VectorRun(layer, config) for layer in layers)
    return VectorQueue(MixedQueue(runs, (None,) * len(runs), 0, config), memory, after)


def _layer(
    config: MachineConfig, pixels: int, blocks: int, a: Stream, o: Stream
) -> VectorDescriptor:
    """A layer of 8 bits, of so many pixels a block, each a bus word."""
    fields = {
        "op": Op.SCALE,
        "a_size": Size.BITS_8,
        "o_size": Size.BITS_8,
        "groups": 1,
        "blocks": blocks,
        "pixels": pixels,
        "tail_pixels": pixels,
        "rows": config.bus_bytes // config.vector_lanes,
        "first_multiplier": 40_000,
        "first_shift": 15,
    }
    for name, (address, block, stride, count) in (("a", a), ("o", o)):
        fields |= {f"{name}_address": address, f"{name}_block": block, f"{name}_stride": stride}
        fields |= {f"{name}_{tail}count": count for tail in ("", "tail_")}
        fields |= {f"{name}_{tail}words": pixels // count for tail in ("", "tail_")}
    return VectorDescriptor(**fields)
