"""Matrix products on original activations, temporal and spatial differences: the same integers.

From one product over a layer and its steps to bit widths, similarity and one tile's rows.
"""
