"""Models ready to run, as folders on disk: description, weights, traces of their activations.

Those that come with dittosim are in ``shipped``.
"""
