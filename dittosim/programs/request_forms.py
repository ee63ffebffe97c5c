"""Forms of traces of DRAM, one access a line."""

from enum import StrEnum


class Form(StrEnum):
    """By the simulator that reads it."""

    DRAMSIM3 = "dramsim3"
    """Address, READ or WRITE, the tick of the DRAM's clock"""
    RAMULATOR = "ramulator"
    """Of Ramulator 2, its frontend LoadStoreTrace: LD or ST, address; no times"""
