"""What ``dittosim verify`` runs on the emitted Verilog: benches, layers, whole steps.

Each is a module with its points and their check; :mod:`dittosim.verification.checks` runs them,
prints what was compared, and writes it.
"""
