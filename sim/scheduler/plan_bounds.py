"""What a layer takes at least, cut after cut, without its engines: to leave out most cuts at once.

Alone in the queue, a layer's end comes after each of three chains, whose parts cannot overlap:

- the first pass's operands are read, all passes run, the last block is written;
- all operands are read, the last pass runs, but where previous accumulators are read behind its
  operands, the last block is written;
- the first pass's operands are read, the first block's passes run, all blocks are written.

Reads share one port, as do writes, which moves a bus word per ``memory_interval`` at most.
"""

import numpy as np

from golden.accelerator.candidates import ORDERS
from golden.accelerator.plan import Plan
from golden.difference.matmul import Mode
from golden.jit import njit
from sim.scheduler.pass_bounds import PassSums, bound_passes
from sim.tile.tile import fill_cycles


def least_cycles(sums: PassSums, plan: Plan, mode: Mode, lines: list[int]) -> np.ndarray:
    """For plans of each number of lines and each of :data:`ORDERS`, int64 (lines, orders).

    ``plan`` gives all else; ``sums`` are those of its chunks.
    """
    shape, config, units = plan.shape, plan.config, plan.units
    per_beat = config.beat_elements * units.weight_row_words
    tiles = (plan.groups - 1) * config.tiles_n + plan.last_tiles
    found = np.empty((len(lines), len(ORDERS)), np.int64)
    _least(
        sums.sums,
        sums.first,
        (sums.chunk_beats, sums.row_beats),
        np.array(lines, np.int64),
        (shape.out_height, shape.out_width, shape.height, shape.stride, shape.kernel),
        (shape.padding, plan.line_entries * units.entry_words, config.tiles_m, plan.groups),
        (plan.weight_words(0, 0), tiles * plan.row_beats * per_beat),
        (units.row_words, plan.last_row_words),
        (mode is Mode.TEMPORAL, config.memory_interval, fill_cycles(config)),
        found,
    )
    return found


@njit(cache=True, nogil=True)
def _least(
    sums, first, beats, lines, shape, sizes, weight_words, row_words, rules, found
):  # pragma: no cover - compiled
    out_height, out_width, height, stride, kernel = shape
    padding, line_words, tiles_m, groups = sizes
    temporal, interval, fill = rules
    rows, chunks = out_height * out_width, sums.shape[1]
    # Inputs and reference, if there is one.
    inputs_read = 2 if temporal else 1
    for number in range(len(lines)):
        step = tiles_m * lines[number]
        blocks = -(-out_height // step)
        cycles = np.zeros((blocks, chunks), np.int64)
        cut = (lines[number] * out_width, tiles_m, fill)
        bound_passes(sums, first, beats, cut, cycles)
        cycles += 1
        inputs = first_inputs = np.int64(0)
        for block in range(blocks):
            top = block * step * stride - padding
            bottom = min(top + (step - 1) * stride + kernel, height)
            words = max(bottom - max(top, 0), 0) * line_words * inputs_read
            inputs += words
            if block == 0:
                first_inputs = words
        last_rows = rows - (blocks - 1) * step * out_width
        last_written = (last_rows * row_words[1] - 1) * interval
        written = rows * ((groups - 1) * row_words[0] + row_words[1])
        operands = (weight_words[0] + first_inputs - 1) * interval
        computed = operands + groups * cycles.sum() + last_written
        stored = operands + cycles[0].sum() + (written - 1) * interval
        for rows_outer in range(2):
            weights_stay = chunks == 1 and (groups == 1 or not rows_outer)
            inputs_stay = rows_outer or blocks == 1
            read = weight_words[1] * (1 if weights_stay else blocks)
            read += inputs * (1 if inputs_stay else groups)
            behind = last_written
            if temporal:
                read += written
            else:
                behind += cycles[blocks - 1, chunks - 1]
            loaded = (read - 1) * interval + behind
            found[number, rows_outer] = max(computed, loaded, stored)
