"""Pruned workloads as tables and figures: what was kept of each layer, and what that saves.

How channels are chosen and removed is told in :mod:`golden.pruning`.
"""
