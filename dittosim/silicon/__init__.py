"""Area, clock and power of the emitted Verilog in standard cells.

Reads a Liberty file, splits a design into its modules, maps each with Yosys and ABC, times it with
OpenSTA, and adds all up, memories as macros.
"""
