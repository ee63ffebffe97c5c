"""All between two matrix products: requantization, normalization, softmax, sums, moves.

Loads blocks, runs them through lanes as wide as the bus, stores them.
"""
