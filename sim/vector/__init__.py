"""Cycles of vector layers: loading, running and storing their blocks.

Mirrors rtl/vector.
"""
