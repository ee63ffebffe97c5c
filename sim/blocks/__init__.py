"""What the recurrences of every wing use: when a stalling stream is ready, columns of a queue,
arrays lent to compiled code.

Mirrors rtl/blocks.
"""
