"""What every number must be: the integer model of machine, networks and pruning, in NumPy.

Nothing here needs PyTorch, and nothing here knows of Verilog or of when something happens.
"""
