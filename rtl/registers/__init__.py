"""What software sees: the register file over AXI4-Lite, from one SystemRDL description.

C header and documentation page come from the same description; the driver in C stands on them.
"""
