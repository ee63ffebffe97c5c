"""Averages that the Ditto paper (HPCA 2025) reports, to stand beside those of a run.

Second-hand: taken from public notes on the paper and from reproductions of it. Averages over its
seven A8W8 models, unless said otherwise; its bit widths are in :mod:`dittosim.plots`.
"""

TEMPORAL_COSINE = 0.983
SPATIAL_COSINE = 0.31
RANGE_RATIO = 8.96
BOPS_BELOW_ORIGINAL = 53.3
"""Percent"""
BOPS_BELOW_SPATIAL = 23.1
"""Percent"""
TEMPORAL_ACCESSES = 2.75
"""Memory accesses of temporal differences relative to the original's, without static analysis"""
DEFO_ACCESSES = 1.56
"""Memory accesses of Ditto relative to the dense baseline's (ITC)"""
DEFO_PLUS_ACCESSES = 1.36
"""The same of Ditto+"""
DEFO_ACCURACY = 92.0
"""Percent, on Stable Diffusion"""
DEFO_CHANGED = 14.4
"""Percent of layers, on Stable Diffusion"""
