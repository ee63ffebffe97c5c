"""The emitted Verilog in a field-programmable gate array: what it takes, its clock, a bitstream.

Yosys maps a design to the cells of a Lattice ECP5, nextpnr places and routes it, ecppack packs it.
"""
