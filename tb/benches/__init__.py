"""One bench per module or machine, run by cocotb inside the Verilog simulator.

Listed in :mod:`tb.runner`.
"""
