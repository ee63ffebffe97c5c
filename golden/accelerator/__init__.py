"""What the accelerator is told: plans of layers, descriptors, programs and their memory images.

Compilers, benches and the simulator start from the same program.
"""
