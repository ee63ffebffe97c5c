"""Memories and slaves around the device: in Verilog, and by cocotbext-axi; ways of the driver in.

Mirrors rtl/bus.
"""
