"""Cycles of the way to memory: read and write engines before a deterministic memory.

Mirrors rtl/bus.
"""
