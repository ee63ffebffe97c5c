"""REPrune: which channels to keep, and the smaller graph with its weights.

Pruning while training is in :mod:`dittosim.training`.
"""
