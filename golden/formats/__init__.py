"""How numbers are written: int8 and int16 tensors, digits of differences, rows of a convolution.

The ground floor: knows neither machine nor network.
"""
