"""Energy of the emitted Verilog at work, from what switches in its netlists.

Records what goes into every module of the machine, replays it on the module's netlist, has OpenSTA
weigh what switched, and makes a table of energy per event, which the simulator's counts multiply.
"""
