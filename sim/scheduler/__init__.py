"""Cycles of a queue of layers: loads, passes and stores that overlap; planning by those cycles.

Mirrors rtl/scheduler and rtl/array.
"""
