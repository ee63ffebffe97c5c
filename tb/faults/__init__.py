"""Negative controls: faults put into the emitted Verilog, each of which a bench must find.

One list per wing; the tests demand that every one is found.
"""
