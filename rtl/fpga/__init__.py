"""The accelerator on a board of its own.

A memory on chip, and a bridge from a serial line to it and to the registers.
"""
