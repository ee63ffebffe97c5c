"""The operations between two matrix products, on integers alone, bit for bit as hardware has them.

Their constants are made once, from float64, when a graph is lowered.
"""
