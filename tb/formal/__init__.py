"""Proofs: properties around the modules, told to SymbiYosys, for all inputs instead of some."""
