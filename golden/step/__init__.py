"""One program for a whole denoising step: products and vector layers in one queue.

Where every tensor lies, which descriptors compute it, and what they leave in memory.
"""
