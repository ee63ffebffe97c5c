"""Which mode a layer runs in: the Defo Unit.

Asked by the queue, measured in its cycles; mirrored by sim/run/steps.py.
"""
