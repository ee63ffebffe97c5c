"""The output stage: requantization of a product's sums on their way from the array to memory.

Takes words as the store of products sends them, runs them through lanes of its own, stores blocks.
"""
