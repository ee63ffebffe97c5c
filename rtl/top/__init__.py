"""The machine as a whole: the core with streams to memory, the accelerator with its buses.

What a system on chip instantiates.
"""
