"""Cycles that a plan takes at least: cheaper than timing it, and nearly as many."""

import numpy as np
from numba import njit

from golden.accelerator.descriptor import DESCRIPTOR_BYTES
from golden.accelerator.program import LayerRun
from golden.matmul import Mode
from sim.pass_cycles import pass_cycles


def least_cycles(run: LayerRun) -> int:
    """No more than the layer takes alone in the queue of an idle machine.

    Passes wait for halves of buffers and for the bus, as in :mod:`sim.accelerator`; but the
    engines take no time, and bursts need not wait for each other.
    """
    plan, config = run.plan, run.plan.config
    blocks, groups, chunks = range(plan.row_blocks), range(plan.groups), range(plan.chunks)
    ranges = [plan.input_range(block) for block in blocks]
    written = _last_result(
        np.array(pass_cycles(run)),
        np.array([[plan.weight_words(group, chunk) for chunk in chunks] for group in groups]),
        np.array([(end - first) * plan.units.entry_words for first, end in ranges]),
        np.outer(
            [plan.block_rows(block) for block in blocks],
            [plan.row_words(group) for group in groups],
        ),
        DESCRIPTOR_BYTES // config.bus_bytes,
        plan.rows_outer,
        run.mode is Mode.TEMPORAL,
        config.memory_latency,
        config.memory_interval,
    )
    return int(written) + config.memory_latency


@njit(cache=True, nogil=True)
def _last_result(
    durations, weights, inputs, results, descriptor, rows_outer, temporal, latency, interval
):  # pragma: no cover - compiled
    """Cycles from the fetch of the descriptor to the last word of results, without pipelines."""

    def transfer(before, first, words):
        """The last of some words, of which the first may come from ``first`` on."""
        return max(before + interval, first) + (words - 1) * interval

    row_blocks, chunks = durations.shape
    groups = len(weights)
    read = transfer(0, latency, descriptor)
    idle = written = read
    # Until when each half of the buffers of weights, inputs and results is in use, and the
    # numbers of what is in them.
    weights_used, inputs_used, results_used = np.full((3, 2), read)
    weights_half = inputs_half = results_half = 0
    group_before = row_block_before = -1
    for step in range(row_blocks * groups):
        row_block, group = step % row_blocks, step // row_blocks
        if rows_outer:
            row_block, group = step // groups, step % groups
        for chunk in range(chunks):
            if chunks > 1 or group != group_before:
                weights_half = 1 - weights_half
                first = weights_used[weights_half] + latency
                read = transfer(read, first, weights[group, chunk])
            if row_block != row_block_before:
                inputs_half = 1 - inputs_half
                first = inputs_used[inputs_half] + latency
                for _ in range(1 + temporal):
                    read = transfer(read, first, inputs[row_block])
            group_before, row_block_before = group, row_block
            start = max(idle + 1, read + 1)
            if chunk == chunks - 1:
                results_half = 1 - results_half
                start = max(start, results_used[results_half] + 1)
                if temporal:
                    first = results_used[results_half] + latency
                    read = transfer(read, first, results[row_block, group])
            idle = start + durations[row_block, chunk]
            weights_used[weights_half] = inputs_used[inputs_half] = idle
        first = max(idle, read) if temporal else idle
        written = transfer(written, first + 1, results[row_block, group])
        results_used[results_half] = written
    return written
