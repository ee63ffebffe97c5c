"""The workloads that come with dittosim, a folder each.

:mod:`dittosim.training.recipes` says how the dense ones were made, ``training.toml`` the others.
"""
