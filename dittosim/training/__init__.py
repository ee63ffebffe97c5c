"""Training and pruning while training, in PyTorch.

Needs the extra ``train``.
"""
