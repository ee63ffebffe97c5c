"""Plain-Python references: what golden and sim must equal, written to be read, not to be fast."""

import functools
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from golden.formats.encoding import Encoding
from golden.formats.quantization import TensorFormat
from golden.machine.config import MachineConfig
from golden.machine.tile_kind import TileKind


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


def kind_slots(difference: int, config: MachineConfig) -> int:
    """Slots that a tile of the machine's kind takes for a difference."""
    _, high = digits(difference, config.encoding)
    match config.tile:
        case TileKind.DITTO:
            return slot_count(difference, config.encoding)
        case TileKind.BIT_WIDTH:
            return 2 if high else 1
        case TileKind.SPARSITY:
            return 2 if difference else 0
        case TileKind.DENSE:
            return 1


def lane_slots(x: np.ndarray, reference: np.ndarray, config: MachineConfig) -> list:
    """Slots as nested lists [row][beat][lane] of int8 operands (rows, k)."""
    rows, k = x.shape
    beats = -(-k // config.beat_elements)
    counts = [[[0] * config.lanes for _ in range(beats)] for _ in range(rows)]
    for row in range(rows):
        for n in range(beats * config.beat_elements):
            difference = int(x[row, n]) - int(reference[row, n]) if n < k else 0
            slots = kind_slots(difference, config)
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
    """The cycle in which ``close`` is high for each row: rtl/tile/tile.py, ticked clock by clock.

    Its output never stalls and jobs are always there, so that ``advance`` is always high.
    """
    counts = lane_slots(x, reference, config)
    if config.tile is TileKind.DENSE:
        return dense_closes(counts, config, arrivals)
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


def dense_closes(counts: list, config: MachineConfig, arrivals: Sequence[int] | None) -> list[int]:
    """The same of a dense tile: rtl/tile/dense_lanes.py, ticked clock by clock."""
    ends = [number == len(row) - 1 for row in counts for number in range(len(row))]
    closes: list[int] = []
    waiting, left, last = 0, 0, False
    for cycle in range(100_000):
        ready = left <= 1
        accept = ready and waiting < len(ends) and (arrivals is None or arrivals[waiting] <= cycle)
        if left == 1 and last:
            closes.append(cycle)
            if len(closes) == len(counts):
                return closes
        if accept:
            left, last = config.lane_elements, ends[waiting]
            waiting += 1
        else:
            left = max(left - 1, 0)
    raise AssertionError("rows are still open")


def fits(value: int, bits: int) -> int:
    """``value``, of which hardware has so many bits, sign included."""
    assert -(2 ** (bits - 1)) <= value < 2 ** (bits - 1), f"{value} has more than {bits} bits"
    return value


def round_shift(value: int, shift: int) -> int:
    """``value / 2 ** shift`` to the nearest integer, halves towards plus infinity."""
    return (2 * value + 2**shift) // 2 ** (shift + 1)


def saturated(value: int, target: TensorFormat) -> int:
    """``value`` with the format's zero point, within its range."""
    return min(max(value + target.zero_point, target.low), target.high)


@functools.cache
def times_power(factor: float, power: int) -> int:
    """``factor * 2 ** power``, rounded half to even."""
    return round(Fraction(factor) * 2**power)


@functools.cache
def multiplier_and_shift(factor: float, max_shift: int = 49) -> tuple[int, int]:
    """The largest shift at which ``factor``, rounded half to even, has a magnitude of 16 bits."""
    for shift in range(max_shift, 0, -1):
        multiplier = times_power(factor, shift)
        if abs(multiplier) < 2**16:
            return multiplier, shift
    raise OverflowError(f"{factor} is too large")


def requantize(x: int, bias: int, factor: float, target: TensorFormat) -> int:
    """One integer in another format, through a 33 x 17-bit multiplier and 50 bits."""
    multiplier, shift = multiplier_and_shift(factor)
    scaled = fits(fits(x + bias, 33) * fits(multiplier, 17), 50)
    fits(scaled + 2 ** (shift - 1), 50)
    return saturated(round_shift(scaled, shift), target)


def add(a: int, b: int, of: TensorFormat, other: TensorFormat, target: TensorFormat) -> int:
    """The sum of an integer in one format and one in another."""
    factors = [form.scale / target.scale for form in (of, other)]
    _, shift = multiplier_and_shift(max(factors), 34)
    multipliers = [times_power(factor, shift) for factor in factors]
    total = fits((a - of.zero_point) * fits(multipliers[0], 17), 35)
    total = fits(total + (b - other.zero_point) * fits(multipliers[1], 17), 35)
    fits(total + 2 ** (shift - 1), 35)
    return saturated(round_shift(total, shift), target)


def multiply(a: int, b: int, of: TensorFormat, other: TensorFormat, target: TensorFormat) -> int:
    """The product of an integer in one format and one in another."""
    product = (a - of.zero_point) * (b - other.zero_point)
    return requantize(product, 0, of.scale * other.scale / target.scale, target)


def reciprocal_root(value: int) -> tuple[int, int]:
    """r and e of step 2 of a normalization: ``r / 2 ** (31 + e)`` is ``1 / sqrt(value)``."""
    e = -20
    while value * Fraction(4) ** -e >= 2**32:
        e += 1
    v = math.floor(value * Fraction(4) ** -e)
    assert 2**30 <= v < 2**32
    r = math.isqrt(2**62 // v)
    assert 2**15 <= r <= 2**16
    return r, e


def normalize(
    group: list[int],
    weights: list[float],
    biases: list[float],
    largest_weight: float,
    epsilon: float,
    source: TensorFormat,
    target: TensorFormat,
) -> list[int]:
    """One group, with the weight and bias of each of its elements.

    ``largest_weight`` is the largest magnitude among the weights of all groups.
    """
    sums = (len(group), sum(group), sum(x * x for x in group))
    return _normalized(group, sums, weights, biases, largest_weight, epsilon, source, target)


def _normalized(
    group: list[int],
    sums: tuple[int, int, int],
    weights: list[float],
    biases: list[float],
    largest_weight: float,
    epsilon: float,
    source: TensorFormat,
    target: TensorFormat,
) -> list[int]:
    """Values of a group whose number, sum and sum of squares are ``sums``."""
    count, total, squares = sums
    real_epsilon = Fraction(epsilon * (count / source.scale) ** 2)
    c = max(0, math.ceil(math.log2(count)) - 16)
    large = c > 0
    d = c
    while d < 17 + c and real_epsilon / 4**d >= 2**61:
        d += 1
    e_integer = max(1, min(round(real_epsilon / 4**d), 2**61))
    fits(total, 40), fits(squares, 56)
    variance = fits(fits(count * squares, 80) - fits(total * total, 80), 80)
    fits(variance >> 2 * c, 63)
    r, e = reciprocal_root(fits((variance >> 2 * d) + e_integer, 64))
    places = 17 + e + d

    _, shift = multiplier_and_shift(largest_weight / target.scale / 2**14, 32)
    assert shift >= 8
    result = []
    for x, weight, bias in zip(group, weights, biases, strict=True):
        product = fits(fits(count * x - total, 41 if large else 33) * r, 58 if large else 50)
        fits(product + 2 ** (places - 1), 59 if large else 50)
        z = fits(round_shift(product, places), 28 if large else 24)
        multiplier = fits(times_power(weight / target.scale / 2**14, shift), 17)
        offset = fits(round(bias / target.scale * 2**8), 32)
        y = fits(z * multiplier + offset * 2 ** (shift - 8), 57)
        result.append(saturated(round_shift(y, shift), target))
    return result


def normalize_counted(
    kinds: list[tuple[int, int]],
    weight: float,
    bias: float,
    epsilon: float,
    source: TensorFormat,
    target: TensorFormat,
) -> dict[int, int]:
    """The result for each of a group's values, of which there are so many; for large groups."""
    count = sum(n for _, n in kinds)
    total = sum(value * n for value, n in kinds)
    squares = sum(value**2 * n for value, n in kinds)
    values = [value for value, _ in kinds]
    weights, biases = [weight] * len(values), [bias] * len(values)
    sums = (count, total, squares)
    found = _normalized(values, sums, weights, biases, weight, epsilon, source, target)
    return dict(zip(values, found, strict=True))


def softmax(row: list[int], source: TensorFormat, target: TensorFormat) -> list[int]:
    """Softmax of one row."""
    multiplier, shift = multiplier_and_shift(source.scale * math.log2(math.e) * 2**8)
    largest = max(row)
    powers = []
    for x in row:
        product = fits((largest - x) * fits(multiplier, 17), 50)
        fits(product + 2 ** (shift - 1), 50)
        t = fits(round_shift(product, shift), 32)
        powers.append(round(2 ** (15 - t % 256 / 256)) >> t // 256)
    total = sum(powers)
    assert 2**15 <= total <= 2**31
    reciprocal = 2**46 // total
    shares = []
    for power in powers:
        assert power * reciprocal <= 2**46
        shares.append(power * reciprocal >> 22)
    return [requantize(share, 0, 2.0**-24 / target.scale, target) for share in shares]
