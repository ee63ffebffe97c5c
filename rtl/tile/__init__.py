"""One Encoding Unit and the columns that it feeds: differences, zero skipping, PEs, accumulators.

Mirrored by sim/tile.
"""
