"""Plain-Python references: what golden and sim must equal, written to be read, not to be fast."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from golden.config import MachineConfig
from golden.encoding import Encoding


def digits(difference: int, encoding: Encoding) -> tuple[int, int]:
    """Low and high digit of a difference."""
    if encoding is Encoding.SIGN_MAGNITUDE:
        high, low = divmod(abs(difference), 16)
        return (-low, -high) if difference < 0 else (low, high)
    for low in range(-8, 8):
        if (difference - low) % 16 == 0:
            return low, (difference - low) // 16
    raise AssertionError("every integer is congruent to one of sixteen")


def slot_count(difference: int, encoding: Encoding) -> int:
    """Digits of a difference that are not zero."""
    return sum(digit != 0 for digit in digits(difference, encoding))


def lane_slots(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> list:
    """Slots as nested lists [row][beat][lane] of int8 operands (rows, k)."""
    rows, k = x.shape
    beats = -(-k // config.beat_elements)
    counts = [[[0] * config.lanes for _ in range(beats)] for _ in range(rows)]
    for row in range(rows):
        for n in range(k):
            difference = int(x[row, n]) - int(reference[row, n])
            slots = slot_count(difference, config.encoding)
            counts[row][n // config.beat_elements][n % config.lanes] += slots
    return counts


def product(rows: np.ndarray, weights: np.ndarray) -> list[list[int]]:
    """The matrix product (rows, k) @ (k, columns) in Python integers."""
    return [
        [
            sum(int(a) * int(b) for a, b in zip(row, column, strict=True))
            for column in weights.T.tolist()
        ]
        for row in rows.tolist()
    ]


def windows(
    image: np.ndarray, kernel: int, stride: int, padding: int, padding_value: int
) -> Iterator[tuple[int, int, int, list[list]]]:
    """Every output pixel (image, y, x) of a convolution, with the pixels under its taps."""
    batch, height, width, channels = image.shape
    for n in range(batch):
        for y in range((height + 2 * padding - kernel) // stride + 1):
            for x in range((width + 2 * padding - kernel) // stride + 1):
                taps = []
                for dy in range(kernel):
                    for dx in range(kernel):
                        row, column = y * stride + dy - padding, x * stride + dx - padding
                        inside = 0 <= row < height and 0 <= column < width
                        pixel = (
                            image[n, row, column].tolist() if inside else [padding_value] * channels
                        )
                        taps.append(pixel)
                yield n, y, x, taps


def convolution(
    image: np.ndarray, weights: np.ndarray, stride: int, padding: int, zero_point: int
) -> np.ndarray:
    """int64 sums of (image - zero_point) * weights over taps and channels, channels last.

    ``image`` int8 (batch, height, width, cin), ``weights`` int8 (kernel, kernel, cin, cout).
    """
    kernel, _, channels, columns = weights.shape
    height, width = ((n + 2 * padding - kernel) // stride + 1 for n in image.shape[1:3])
    result = np.zeros((len(image), height, width, columns), np.int64)
    by_tap = weights.reshape(kernel * kernel, channels, columns).tolist()
    for n, y, x, taps in windows(image, kernel, stride, padding, zero_point):
        for column in range(columns):
            total = 0
            for pixel, tap_weights in zip(taps, by_tap, strict=True):
                for channel in range(channels):
                    total += (pixel[channel] - zero_point) * tap_weights[channel][column]
            result[n, y, x, column] = total
    return result


@dataclass
class PartEntry:
    """One lane's part of a beat, as a lane FIFO holds it."""

    row: int
    """Modulo rows_queued, as in the hardware"""
    slots: int
    """Still to leave"""


def tile_closes(
    x: np.ndarray,
    reference: np.ndarray,
    config: MachineConfig,
    arrivals: Sequence[int] | None = None,
) -> list[int]:
    """The cycle in which ``close`` is high for each row: rtl/tile.py, ticked clock by clock.

    Its output never stalls and jobs are always there, so that ``advance`` is always high.
    """
    counts = lane_slots(x, reference, config)
    beats = [(parts, number == len(row) - 1) for row in counts for number, parts in enumerate(row)]
    offered = [0] * len(beats) if arrivals is None else arrivals
    waiting = 0
    encoder_output = None
    lanes: list[deque[PartEntry]] = [deque() for _ in range(config.lanes)]
    newest = oldest = 0
    closes: list[int] = []
    limit = max(offered) + sum(sum(parts) for parts, _ in beats) + 4 * len(beats) + 100

    for cycle in range(limit):
        # Combinational signals, from what the last clock edge left.
        open_rows = newest - oldest
        parts, last = encoder_output or ([0] * config.lanes, False)
        room = all(
            len(fifo) < config.fifo_depth or part == 0
            for fifo, part in zip(lanes, parts, strict=True)
        )
        push = encoder_output is not None and open_rows != config.rows_queued and room
        encoder_ready = encoder_output is None or push
        accept = encoder_ready and waiting < len(beats) and offered[waiting] <= cycle
        pops, leaves, done = [], [], []
        for fifo in lanes:
            ahead = [(entry.row - oldest) % config.rows_queued for entry in fifo]
            pops.append(bool(fifo) and ahead[0] < config.rows_in_flight)
            leaves.append(pops[-1] and fifo[0].slots == 1)
            next_is_oldest = len(fifo) > 1 and ahead[1] == 0
            done.append(not (fifo and ahead[0] == 0) or (leaves[-1] and not next_is_oldest))
        close = open_rows != 0 and all(done)

        # The clock edge.
        for fifo, part, pop, leave in zip(lanes, parts, pops, leaves, strict=True):
            if leave:
                fifo.popleft()
            elif pop:
                fifo[0].slots -= 1
            if push and part:
                fifo.append(PartEntry(newest % config.rows_queued, part))
        if push and last:
            newest += 1
        if close:
            oldest += 1
            closes.append(cycle)
            if len(closes) == len(counts):
                return closes
        if accept:
            encoder_output = beats[waiting]
            waiting += 1
        elif encoder_ready:
            encoder_output = None
    raise AssertionError(f"{len(counts) - len(closes)} rows are still open after {limit} cycles")
