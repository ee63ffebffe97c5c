"""What the recurrences of every wing use: when a stalling stream is ready.

Mirrors rtl/blocks.
"""
