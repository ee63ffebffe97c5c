"""What every module uses: the base of all modules, memories, streams.

Knows nothing of the accelerator.
"""
