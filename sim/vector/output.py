"""A fused vector layer, compiled: the results of a product on their way through the vector unit.

The store of products and that of the vector unit share the write port; who asks first gets it for
a block, of two at once the store of products. The recurrence is that of docs/timing.md.
"""

import numpy as np

from golden.jit import njit
from golden.machine.timing import STORE_LATENCY, VECTOR_SWEEP_LATENCY
from sim.bus.axi_writer import write_transfer

RING = 4
"""Blocks that may be under way, and those just before them"""
NEVER = 1 << 60

OUTPUT = np.dtype(
    [
        # Blocks that have come from the product, were computed, and were given the port.
        ("came", np.int64),
        ("swept", np.int64),
        ("sent", np.int64),
        # When the last blocks had come, were done, and were drained.
        ("came_at", np.int64, (RING,)),
        ("done_at", np.int64, (RING,)),
        ("drained_at", np.int64, (RING,)),
        ("engine_free", np.int64),
        ("drained", np.int64),
        ("completed", np.int64),
        # From when on the store of products leaves the port.
        ("port_free", np.int64),
        ("bytes", np.int64),
    ]
)
"""State of a fused layer; zeros at first"""


@njit(cache=True, nogil=True)
def _tail(layer, number):  # pragma: no cover - compiled
    """Whether a block is its group's last."""
    return number % layer.blocks == layer.blocks - 1


@njit(cache=True, nogil=True)
def block_words(layer, state):  # pragma: no cover - compiled
    """Words of the block that comes next."""
    return layer.a_tail_words if _tail(layer, state.came) else layer.a_words


@njit(cache=True, nogil=True)
def _sweep(layer, state):  # pragma: no cover - compiled
    """Computes the blocks that have come, as far as there is room for their output."""
    while state.swept < state.came and state.swept < state.sent + 2:
        number = state.swept
        begin = max(state.engine_free, state.came_at[number % RING] + 1)
        if number >= 2:
            begin = max(begin, state.drained_at[(number - 2) % RING] + 1)
        pixels = layer.tail_pixels if _tail(layer, number) else layer.pixels
        done = begin + pixels * layer.rows + VECTOR_SWEEP_LATENCY
        state.done_at[number % RING] = done
        state.engine_free = done - VECTOR_SWEEP_LATENCY + 1
        state.swept += 1


@njit(cache=True, nogil=True)
def _send(one, ports, layer, state, until):  # pragma: no cover - compiled
    """Sends the next output if it begins before ``until``; returns whether it did."""
    _sweep(layer, state)
    if state.sent == state.swept:
        return False
    number = state.sent
    begin = max(max(state.done_at[number % RING], state.drained) + 1, state.port_free)
    if begin >= until:
        return False
    group, block = number // layer.blocks, number % layer.blocks
    count, words = layer.o_count, layer.o_words
    if _tail(layer, number):
        count, words = layer.o_tail_count, layer.o_tail_words
    address = layer.o_address + group * layer.o_group + block * layer.o_block
    command = begin + 1
    for _ in range(count):
        accepted, _, state.drained, state.completed = write_transfer(
            ports.writer,
            ports.writer_parameters,
            address,
            words,
            max(command, one.writer_free),
            begin + STORE_LATENCY,
        )
        one.writer_free = accepted + 1 + ports.rest
        command = accepted + 1
        address += layer.o_stride
        state.bytes += words * layer.bus_bytes
    state.drained_at[number % RING] = state.drained
    state.sent += 1
    _sweep(layer, state)
    return True


@njit(cache=True, nogil=True)
def room(one, ports, layer, state):  # pragma: no cover - compiled
    """From when on the next block may come."""
    number = state.came
    while number >= 2 and state.swept <= number - 2:
        _sweep(layer, state)
        if state.swept <= number - 2:
            # Until there is room, the product does not ask for the port.
            _send(one, ports, layer, state, NEVER)
    if number < 2:
        return np.int64(0)
    return state.done_at[(number - 2) % RING] - VECTOR_SWEEP_LATENCY + 1


@njit(cache=True, nogil=True)
def give_way(one, ports, layer, state, wanted):  # pragma: no cover - compiled
    """Sends outputs that begin before the product wants the port; when it can have it."""
    while _send(one, ports, layer, state, wanted):
        pass
    return max(wanted, state.drained + 1)


@njit(cache=True, nogil=True)
def block_came(layer, state, cycle):  # pragma: no cover - compiled
    """The next block's last word came."""
    state.came_at[state.came % RING] = cycle
    state.came += 1
    _sweep(layer, state)


@njit(cache=True, nogil=True)
def finish(one, ports, layer, state):  # pragma: no cover - compiled
    """Sends all that is left; returns when the unit is idle again."""
    while _send(one, ports, layer, state, NEVER):
        pass
    return max(state.drained, state.completed) + 1
