"""Columns of what the compiled engines of every wing keep of a queue's entries, and of halves."""

from dataclasses import fields

from golden.accelerator.counters import Counters

STARTED, ENDED, RETIRED, STREAMS = range(4)
"""Of an entry of the queue: when it was taken on, was done, and was done with all before it; from
when on a fused layer takes results"""
COUNTED = tuple(field.name for field in fields(Counters))
"""Of an entry: what is counted"""
RING = 4
"""Halves of a buffer, or blocks, of which something is still wanted"""
