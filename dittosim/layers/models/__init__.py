"""The models of Ditto's evaluation as tables of layers, from their hyperparameters.

A file for each family of networks; names of layers are those of the public implementations.
"""
