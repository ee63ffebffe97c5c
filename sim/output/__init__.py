"""The output stage: the results of a product on their way to memory.

Mirrors rtl/output.
"""
