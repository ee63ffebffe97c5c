"""Cycles of DRAM and of the controller before it, access by access, without ticking.

docs/dram.md derives the recurrence.
"""
