"""Many machines on one workload: their cycles, clock, area, energy, and the products of these.

A space says which machines; each point leaves a file, and all points make a table and a picture.
"""
