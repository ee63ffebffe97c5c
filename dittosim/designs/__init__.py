"""Accelerators side by side, at equal area and on the same memory.

What is a configuration of the machine is one; what is not is a cycle model (sim/designs).
"""
