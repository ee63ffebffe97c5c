"""What describes a model: nodes with their shapes, graphs of them, and those of known models.

No numbers flow here: :mod:`golden.floating` and :mod:`golden.integer` compute.
"""
