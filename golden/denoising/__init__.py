"""From noise to an image: schedule, samplers, and the integer run of a graph at each step.

Lowering turns a graph and its calibrated formats into integer operations.
"""
