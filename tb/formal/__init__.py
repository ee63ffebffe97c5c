"""Proofs: what holds of a module in every run, told to SymbiYosys.

A file per module says what is given, what holds and what is reached; ``proofs`` lists them all.
"""
