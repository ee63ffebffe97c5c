"""What ``import dittosim`` offers: one function and what it returns per file.

The command line is written on it.
"""
