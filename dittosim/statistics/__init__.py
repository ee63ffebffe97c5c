"""Figures of a run beside the paper's: tables, plots, pages.

What ``stats``, ``corners`` and ``demo`` show.
"""
