"""Latencies that the RTL declares and the simulator adds up, in clock cycles.

A latency of n: what is accepted at a stream's input in cycle c is offered at its output in cycle
c + n at the earliest.
"""

ENCODER_LATENCY = 1
LANE_FIFO_LATENCY = 1
WEIGHT_BANK_LATENCY = 1
PE_LATENCY = 1
ACCUMULATOR_LATENCY = 1

TILE_DRAIN = WEIGHT_BANK_LATENCY + PE_LATENCY + ACCUMULATOR_LATENCY
"""From the cycle that closes a row in the lanes to the cycle that offers its accumulators."""

BURST_SPLITTER_LATENCY = 1
"""From an accepted command to the offer of its first burst."""
BURST_QUEUE_LATENCY = 1
"""From a burst's entry to its offer; a place that was left is free from the next cycle on."""
AXI_READER_LATENCY = BURST_SPLITTER_LATENCY
"""From an accepted command to its first read address."""
AXI_WRITER_LATENCY = BURST_SPLITTER_LATENCY + 1
"""From an accepted command to its first write address."""
