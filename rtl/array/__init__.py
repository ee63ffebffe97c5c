"""Tiles in a grid, and what feeds and empties them: input buffers, feeder, result banks.

Told what to do by :mod:`rtl.scheduler`.
"""
