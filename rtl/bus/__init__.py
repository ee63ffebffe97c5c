"""The way to memory: AXI4 read and write engines, bursts and their splitting.

Mirrored by sim/bus (cycles) and tb/bus (memory and slaves).
"""
