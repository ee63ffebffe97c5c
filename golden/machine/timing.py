"""Latencies that the RTL declares and the simulator adds up, in clock cycles.

A latency of n: what is accepted at a stream's input in cycle c is offered at its output in cycle
c + n at the earliest.
"""

ENCODER_LATENCY = 1
LANE_FIFO_LATENCY = 1
DENSE_LANES_LATENCY = 1
WEIGHT_BANK_LATENCY = 1
PE_LATENCY = 2
ACCUMULATOR_LATENCY = 1

TILE_DRAIN = WEIGHT_BANK_LATENCY + PE_LATENCY + ACCUMULATOR_LATENCY
"""From the cycle that closes a row in the lanes to the cycle that offers its accumulators."""

FEEDER_LATENCY = 2
"""From the start of a pass to the cycle that offers its first beat."""
PASS_DRAIN = TILE_DRAIN
"""From the cycle that closes a pass's last row to the one in which its tile is idle."""

LOADS_UNDER_WAY = 16
"""Reads that the accelerator's loader has asked for and whose last word has not come."""

STORE_LATENCY = 3
"""From the cycle in which the writer takes a block's command to the one that offers a word."""

CHECK_LATENCY = 3
"""From the cycle in which a descriptor is all there to the one that tells what is wrong with it."""
DESCRIPTOR_LATENCY = 2 + CHECK_LATENCY
"""From the last word of a descriptor to the start of its layer."""
LAYERS_UNDER_WAY = 8
"""Layers that the queue has started and not counted as done: those behind one that takes long may
end before it, but are counted in order."""

BURST_SPLITTER_LATENCY = 1
"""From an accepted command to the offer of its first burst."""
BURST_QUEUE_LATENCY = 1
"""From a burst's entry to its offer; a place that was left is free from the next cycle on."""
AXI_READER_LATENCY = BURST_SPLITTER_LATENCY
"""From an accepted command to its first read address."""
AXI_WRITER_LATENCY = BURST_SPLITTER_LATENCY + 1
"""From an accepted command to its first write address."""
SCRATCHPAD_READ_LATENCY = BURST_QUEUE_LATENCY + 1
"""From the cycle in which a burst of the scratchpad is asked for to the offer of its first word."""
SCRATCHPAD_WRITE_LATENCY = 1
"""From the last word of a burst to its response: the scratchpad holds it from the next cycle on."""

VECTOR_LANE_LATENCY = 11
"""From an element's entry into a lane of the vector unit to its result."""
VECTOR_READ_LATENCY = 2
"""From the cycle in which the vector engine reads an element to its entry into the lane."""
VECTOR_SWEEP_LATENCY = VECTOR_READ_LATENCY + VECTOR_LANE_LATENCY
"""From the cycle in which it reads an element to the one in which its result is written."""
VECTOR_STATISTICS_DELAY = 3
"""From an element's entry into a lane to the cycle in which its value and square are out, and its
statistics are wanted."""
VECTOR_STATISTICS_LATENCY = VECTOR_READ_LATENCY + VECTOR_STATISTICS_DELAY
"""From the cycle in which the vector engine reads an element to the one in which the lane shows its
value and square."""
OUTPUT_LANE_LATENCY = 9
"""From an element's entry into a lane of the output stage to its result."""
OUTPUT_LATENCY = 1 + OUTPUT_LANE_LATENCY
"""From the cycle in which the output stage takes the last word of a block to the one in which the
last of its results are written."""
RECIPROCAL_ROOT_LATENCY = 76
"""From the start of a group's reciprocal root to its end."""
RECIPROCAL_LATENCY = 34
"""The same of a softmax row's reciprocal."""


def reduction_latency(lanes: int) -> int:
    """From a row of values to the cycle that tells the sums of the pixel that it ends."""
    return lanes.bit_length()
