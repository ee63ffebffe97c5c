"""What the recurrences of every wing use: when a stalling stream is ready, columns of a queue.

Mirrors rtl/blocks.
"""
