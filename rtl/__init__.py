"""What the chip is: Amaranth modules, and their Verilog.

Wings follow the block diagram in docs/architecture.md; sim/, tb/ and tests/ mirror them.
"""
