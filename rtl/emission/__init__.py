"""From modules to files: Verilog of any top, manifest, FuseSoC core, C header.

The same bytes for the same configuration, run after run.
"""
