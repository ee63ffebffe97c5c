"""Cycles of sampling runs as tables and figures, by what is timed.

Whole steps on the machine, each layer alone from memory to memory, or the tiles alone.
"""
