"""What benches run: random programs, rows of tiles, layers of real workloads.

Made outside the simulator, from a seed.
"""
