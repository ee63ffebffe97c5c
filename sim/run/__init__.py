"""Cycles of whole workloads: all layers of all steps, on tiles alone or with memory.

What ``dittosim simulate`` and ``sweep`` show.
"""
