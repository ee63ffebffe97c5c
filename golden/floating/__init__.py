"""Graphs in float32: what a model computed before it was quantized.

Calibration and quality compare the integer run with it.
"""
