"""Cycles of one tile: slots per lane, encoder, FIFOs, PEs, the closing of rows; and its area.

Mirrors rtl/tile.
"""
