"""What a simulation shows of the machine's inside: when layers, passes and transfers were.

A probe in Verilog writes events to a file, cycle by cycle; Python reads them when all has ended.
"""
