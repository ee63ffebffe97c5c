"""Shapes of machines, chosen by how busy the layer tables of the papers' models keep their tiles.

No values, so no digits: an element takes a cycle of its lane.
"""
