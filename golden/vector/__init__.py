"""Layers of the vector unit: all that lies between two matrix products, memory to memory.

Their descriptors, and what each leaves in memory, byte for byte.
"""
