"""The ports to memory that all engines share: one read or block of writes after the other.

What is granted may end at a cycle that is not known yet: on DRAM it depends on what comes to it in
the meantime. Ends are delivered in order (:mod:`sim.scheduler.deliveries`).
"""

import numpy as np

from golden.jit import engine
from golden.machine.timing import LOADS_UNDER_WAY
from sim.blocks.cycles import UNKNOWN
from sim.bus.axi_reader import read_transfer
from sim.bus.axi_writer import write_transfer
from sim.bus.dram_reader import ask_bursts
from sim.bus.dram_writer import next_of_block
from sim.bus.transfer_log import MOST_OUTSTANDING

PORTS = np.dtype(
    [
        # From when on they take another command, and the write port another block.
        ("reader_free", np.int64),
        ("writer_free", np.int64),
        ("block_free", np.int64),
        # Reads that were granted, and those whose ends were delivered; of the last ones when their
        # last word comes, and who waits for it (sim.blocks.sites), with two numbers of its own.
        ("reads", np.int64),
        ("delivered", np.int64),
        ("read_ends", np.int64, (LOADS_UNDER_WAY,)),
        ("read_site", np.int64, (LOADS_UNDER_WAY,)),
        ("read_place", np.int64, (LOADS_UNDER_WAY,)),
        ("read_what", np.int64, (LOADS_UNDER_WAY,)),
        # On DRAM, of the same: what was asked for, by whom, and when its first word comes.
        ("read_address", np.int64, (LOADS_UNDER_WAY,)),
        ("read_words", np.int64, (LOADS_UNDER_WAY,)),
        ("read_accepted", np.int64, (LOADS_UNDER_WAY,)),
        ("read_layer", np.int64, (LOADS_UNDER_WAY,)),
        ("read_kind", np.int64, (LOADS_UNDER_WAY,)),
        ("read_first", np.int64, (LOADS_UNDER_WAY,)),
        # Bursts of reads whose last word is known; of the last bursts, by their places: when they
        # were asked for, their words, whose they are, whether they are the scratchpad's.
        ("bursts_read", np.int64),
        ("burst_asked", np.int64, (MOST_OUTSTANDING,)),
        ("burst_words", np.int64, (MOST_OUTSTANDING,)),
        ("burst_tag", np.int64, (MOST_OUTSTANDING,)),
        ("burst_near", np.int64, (MOST_OUTSTANDING,)),
        # The read whose bursts are asked for, and what is left of it.
        ("asking", np.int64),
        ("ask_address", np.int64),
        ("ask_words", np.int64),
        # The block of writes: who sends it, the number of its next transfer, and how many are left,
        # where that lies, how far the next ones, words of each, from when on its command and its
        # words are offered.
        ("block_site", np.int64),
        ("block_place", np.int64),
        ("block_left", np.int64),
        ("block_address", np.int64),
        ("block_stride", np.int64),
        ("block_words", np.int64),
        ("block_command", np.int64),
        ("block_from", np.int64),
        # On DRAM, of the transfer that is sent: what is left of it, when it was accepted and its
        # first word taken; bursts that are answered; of the last ones, by their places: whose they
        # are, whether they end a transfer or are the scratchpad's, when their last word was taken.
        ("send_address", np.int64),
        ("send_words", np.int64),
        ("send_accepted", np.int64),
        ("send_first", np.int64),
        ("answered", np.int64),
        ("answer_site", np.int64, (MOST_OUTSTANDING,)),
        ("answer_place", np.int64, (MOST_OUTSTANDING,)),
        ("answer_row", np.int64, (MOST_OUTSTANDING,)),
        ("answer_ends", np.int64, (MOST_OUTSTANDING,)),
        ("answer_near", np.int64, (MOST_OUTSTANDING,)),
        ("answer_last", np.int64, (MOST_OUTSTANDING,)),
    ]
)


@engine
def read_ready(shared, ports):  # pragma: no cover - compiled
    """From when on a read is accepted; :data:`UNKNOWN` if that is not known yet."""
    end = shared.read_ends[shared.reads % LOADS_UNDER_WAY]
    if end == UNKNOWN or (ports.on_dram and shared.asking < shared.reads):
        return UNKNOWN
    return max(shared.reader_free, end + 1, ports.reader.state[0])


@engine
def read(shared, ports, cycle, address, words, site, place, what):  # pragma: no cover - compiled
    """A read that is accepted in ``cycle``; its end is delivered to a site with its two numbers."""
    slot = shared.reads % LOADS_UNDER_WAY
    shared.read_site[slot], shared.read_place[slot], shared.read_what[slot] = site, place, what
    shared.reader_free = cycle + 1 + ports.rest
    shared.reads += 1
    if ports.on_dram:
        shared.read_ends[slot] = UNKNOWN
        shared.read_address[slot], shared.read_words[slot] = address, words
        shared.read_accepted[slot] = cycle
        shared.read_layer[slot], shared.read_kind[slot] = ports.reader.now[1], ports.reader.now[2]
        ask_bursts(shared, ports)
    else:
        _, _, last = read_transfer(ports.reader, ports.reader_parameters, address, words, cycle)
        shared.read_ends[slot] = last


@engine
def write_block(
    shared, site, place, count, address, stride, words, command, data_from
):  # pragma: no cover - compiled
    """Takes a block of ``count`` transfers on, which nothing comes between."""
    shared.block_site, shared.block_place, shared.block_left = site, place, count
    shared.block_address, shared.block_stride = address, stride
    shared.block_words, shared.block_command = words, command
    shared.block_from = data_from
    shared.block_free = UNKNOWN


@engine
def write_next(shared, ports):  # pragma: no cover - compiled
    """The next transfer of the block: when its last word is taken, and when it is done."""
    command = max(shared.block_command, shared.writer_free)
    accepted, _, drained, completed = write_transfer(
        ports.writer,
        ports.writer_parameters,
        shared.block_address,
        shared.block_words,
        command,
        shared.block_from,
    )
    shared.writer_free = accepted + 1 + ports.rest
    next_of_block(shared, accepted)
    if shared.block_left == 0:
        shared.block_free = drained + 1
    return drained, completed
