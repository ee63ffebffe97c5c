"""Cycles of one tile: slots per lane, encoder, FIFOs, PEs, the closing of rows.

Mirrors rtl/tile.
"""
