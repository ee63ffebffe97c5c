"""Cycle models of designs that are no configuration of the machine: what their multipliers take.

All else, memory first, is the machine's: they time its programs.
"""
