"""Activations of a model that runs in PyTorch, as traces.

Needs the extra ``capture``.
"""
