"""Who was busy when: steps of a run as a picture, and as a trace that Perfetto opens.

From the simulator or from a run on the Verilog; what is drawn does not know which.
"""
