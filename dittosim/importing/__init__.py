"""Models of others: diffusers folders as graphs, weights and schedules.

Reads files alone; PyTorch is not needed.
"""
